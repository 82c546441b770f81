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
    package init(limit: Int, on loop: EventLoop) {
        self.init(InputReader(on: loop), limit: limit)
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
