internal import Glibc
public import System

/// Reads standard input without blocking the loop.
public struct InputReader: ~Copyable {
    private let loop: EventLoop
    /// Nil for a regular file, which never keeps the loop waiting and cannot be watched (epoll_ctl(2), EPERM).
    private let watch: Watch?
    private let input: Descriptor
    private var chunk = [UInt8](repeating: 0, count: 65_536)

    /// Reads standard input, which has no other reader.
    public init(on loop: EventLoop) {
        self.init(Descriptor(owning: STDIN_FILENO), on: loop)
    }

    init(_ input: consuming Descriptor, on loop: EventLoop) {
        self.loop = loop
        watch = try? loop.watch(input, as: .stream)
        self.input = input
    }

    /// The next bytes, at least one; nil at the end (read(2)).
    public mutating func next() async throws(SystemError) -> ArraySlice<UInt8>? {
        while true {
            if let watch, await loop.readable(watch) != .ready { return nil }
            let count = unsafe Glibc.read(input.number, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR || errno == EAGAIN { continue }
                throw SystemError(.readInput, nil, ErrorNumber(errno))
            }
            if count > 0, let watch, hasMore { loop.keepReadable(watch) }
            return count > 0 ? chunk[..<count] : nil
        }
    }

    /// Whether more input waits (poll(2)).
    ///
    /// A terminal hands out one line at a time, however many have been typed, and reports them as one.
    private var hasMore: Bool {
        var entry = pollfd(fd: input.number, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, 0) == 1
    }
}
