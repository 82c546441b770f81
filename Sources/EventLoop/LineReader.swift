internal import Glibc
internal import System

/// Standard input, line by line, without blocking the loop while nobody types.
public struct LineReader: ~Copyable {
    private let loop: EventLoop
    /// Nil for a regular file, which never keeps anybody waiting and cannot be watched (epoll_ctl(2), EPERM).
    private let watch: Watch?
    private let input: Descriptor
    private var bytes: [UInt8] = []
    private var hasEnded = false

    /// Reads standard input, which nobody else does.
    public init(on loop: EventLoop) {
        self.init(Descriptor(owning: STDIN_FILENO), on: loop)
    }

    init(_ input: consuming Descriptor, on loop: EventLoop) {
        self.loop = loop
        watch = try? loop.watch(input, as: .stream)
        self.input = input
    }

    /// The next line without its line end, or what follows the last one; nil at the end.
    public mutating func next() async -> [UInt8]? {
        while true {
            if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(bytes[..<end])
                bytes.removeSubrange(...end)
                return line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            }
            guard !hasEnded else { break }
            if let watch, await loop.readable(watch) != .ready { break }
            read()
        }
        defer { bytes = [] }
        return bytes.isEmpty ? nil : bytes
    }

    /// Whether something waits behind what was read (poll(2)).
    ///
    /// A terminal hands out one line at a time, however many have been typed, and reports them as one.
    private var hasMore: Bool {
        var entry = pollfd(fd: input.number, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, 0) == 1
    }

    private mutating func read() {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe Glibc.read(input.number, &chunk, chunk.count)
        if count > 0 {
            bytes += chunk[..<count]
            if let watch, hasMore { loop.keepReadable(watch) }
        } else if count == 0 || errno != EINTR && errno != EAGAIN {
            hasEnded = true
        }
    }
}
