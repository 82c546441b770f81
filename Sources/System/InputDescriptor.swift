internal import Glibc

/// Standard input, or another descriptor to read bytes from (read(2)).
public struct InputDescriptor: ~Copyable {
    /// The open descriptor, which the value closes at its end.
    public let descriptor: Descriptor

    /// Takes over an open descriptor.
    public init(owning descriptor: consuming Descriptor) { self.descriptor = descriptor }

    /// Standard input, which has no other reader.
    public static var standard: InputDescriptor { InputDescriptor(owning: Descriptor(owning: STDIN_FILENO)) }

    /// Reads what has arrived to the beginning of an array, and returns its length; 0 is the end, nil means that nothing is there
    /// yet.
    public func read(into bytes: inout [UInt8]) throws(SystemError) -> Int? {
        try attempt(.readInput) { () throws(ErrorNumber) in
            try callUnlessBlocked { unsafe Glibc.read(descriptor.number, &bytes, bytes.count) }
        }
    }

    /// Whether more input waits (poll(2)).
    ///
    /// A terminal hands out one line at a time, however many have been typed, and reports them as one.
    public var hasMore: Bool {
        var entry = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, 0) == 1
    }
}
