internal import CLinux
internal import Glibc

/// One end of a TCP connection.
public struct StreamSocket: ~Copyable, Sendable {
    /// The open socket, for the event loop.
    public let descriptor: Descriptor
    /// The other end's address; nil where it is not known.
    public let peer: SocketAddress?

    /// Takes over a connected, non-blocking socket that has no other owner.
    public init(owning number: Int32, peer: SocketAddress? = nil) {
        descriptor = Descriptor(owning: number)
        self.peer = peer
    }

    /// Gives the open descriptor away: the caller now owns it.
    public consuming func release() -> Int32 {
        descriptor.release()
    }

    /// Reads into a part of an array; 0 is the end of the stream, nil means that nothing has arrived (recv(2)).
    public func receive(into bytes: inout [UInt8], _ room: Range<Int>) throws(SystemError) -> Int? {
        let number = descriptor.number
        return try attempt(.receive) { () throws(ErrorNumber) in
            try callUnlessBlocked {
                unsafe bytes.withMutableBytes(in: room) { unsafe clinux_recv(number, $0.baseAddress, $0.count, 0) }
            }
        }
    }

    /// Writes as much as the kernel takes; nil means that it takes nothing yet (send(2)).
    public func send(_ bytes: Span<UInt8>) throws(SystemError) -> Int? {
        try attempt(.send) { () throws(ErrorNumber) in
            try callUnlessBlocked {
                unsafe bytes.withUnsafeBytes {
                    unsafe clinux_send(descriptor.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
            }
        }
    }

    /// The number of written bytes that the peer's kernel has not taken, or at a Unix socket the peer itself (tcp(7),
    /// SIOCOUTQ): it falls while the peer reads.
    public var unsent: Int {
        var count: Int32 = 0
        // linux/sockios.h defines SIOCOUTQ as this number. The call fails for no connected socket.
        _ = unsafe ioctl(descriptor.number, UInt(TIOCOUTQ), &count)
        return Int(count)
    }

    /// The number of bytes that have arrived and were not read (tcp(7), SIOCINQ).
    public var unread: Int {
        var count: Int32 = 0
        _ = unsafe ioctl(descriptor.number, UInt(FIONREAD), &count)
        return Int(count)
    }

    /// Ends the outgoing half: the peer reads the bytes already written and then the end (shutdown(2)).
    public func shutDownSending() {
        // Fails only where the peer has already gone.
        _ = shutdown(descriptor.number, Int32(SHUT_WR))
    }
}
