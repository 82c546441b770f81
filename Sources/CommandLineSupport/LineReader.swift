package import EventLoop
package import System

/// Reads standard input, line by line, without blocking the loop.
package struct LineReader: ~Copyable {
    /// A line of the input.
    package enum Line: Equatable, Sendable {
        /// Without its line end.
        case whole([UInt8])
        /// Longer than the limit; the rest of it is skipped.
        case tooLong
    }

    private var input: InputReader
    private let limit: Int
    private var bytes: [UInt8] = []
    /// The start of the search for the next line end.
    private var searched = 0
    private var isSkipping = false
    private var hasEnded = false

    /// Reads standard input, which has no other reader; no line of more than `limit` bytes is stored.
    package init(limit: Int, on loop: EventLoop) throws(SystemError) {
        self.init(try InputReader(on: loop), limit: limit)
    }

    init(_ input: consuming InputReader, limit: Int) {
        self.input = input
        self.limit = limit
    }

    /// The next line, or the bytes after the last one; nil at the end.
    package mutating func next() async throws(SystemError) -> Line? {
        while true {
            if let line = takeLine() { return line }
            guard !hasEnded else { return takeRest() }
            if let chunk = try await input.next() { bytes += chunk } else { hasEnded = true }
        }
    }

    /// The next complete line, or the mark of one that is too long.
    private mutating func takeLine() -> Line? {
        while let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) {
            var line = bytes[..<end]
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            defer { drop(end + 1) }
            guard isSkipping else { return line.count > limit ? .tooLong : .whole(Array(line)) }
            isSkipping = false
        }
        searched = bytes.count
        // One byte more may be the first of a line end.
        guard bytes.count > limit + 1 || isSkipping else { return nil }
        drop(bytes.count)
        defer { isSkipping = true }
        return isSkipping ? nil : .tooLong
    }

    private mutating func takeRest() -> Line? {
        defer { drop(bytes.count) }
        guard !bytes.isEmpty else { return nil }
        return bytes.count > limit ? .tooLong : .whole(bytes)
    }

    private mutating func drop(_ count: Int) {
        bytes.removeFirst(count)
        searched = 0
    }
}

/// Reads standard input without blocking the loop.
package struct InputReader: ~Copyable {
    private let loop: EventLoop
    /// Nil for a regular file, which never keeps the loop waiting and cannot be watched (epoll_ctl(2), EPERM).
    private let watch: AsyncWatch?
    private let input: Descriptor
    private var chunk = [UInt8](repeating: 0, count: 65_536)

    /// Reads standard input, which has no other reader.
    package init(on loop: EventLoop) throws(SystemError) {
        try self.init(.standardInput, on: loop)
    }

    init(_ input: consuming Descriptor, on loop: EventLoop) throws(SystemError) {
        self.loop = loop
        do throws(SystemError) { watch = try AsyncWatch(input, as: .stream, on: loop) } catch {
            guard error.reason == .notPermitted else { throw error }
            watch = nil
        }
        self.input = input
    }

    /// The next bytes, at least one; nil at the end.
    package mutating func next() async throws(SystemError) -> ArraySlice<UInt8>? {
        while true {
            if let watch, await watch.readable() != .ready { return nil }
            guard let count = try input.read(into: &chunk) else { continue }
            if count > 0, let watch, input.hasMore { watch.keepReadable() }
            return count > 0 ? chunk[..<count] : nil
        }
    }
}
