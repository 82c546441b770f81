internal import Glibc
internal import Synchronization

/// A queue of lines and the thread that writes them, many at a time: adding a line never waits for the reader; a line
/// that does not fit is dropped and counted.
public final class LineQueue: Sendable {
    private struct State {
        /// The waiting lines.
        var lines: [UInt8] = []
        /// The bytes that the thread has taken and not written yet.
        var underWay = 0
        var dropped = 0
        /// The dropped lines that no notice has counted yet.
        var untold = 0
        /// Whether the thread waits for the bell.
        var isAsleep = true
        var isEnding = false
        var hasEnded = false

        /// Marks the thread awake, and returns whether the caller has to ring the bell.
        mutating func wake() -> Bool {
            defer { isAsleep = false }
            return isAsleep
        }
    }

    /// The most waiting bytes.
    public let limit: Int
    private let output: LogOutput
    private let bell: Waker
    private let end: Waker
    private let state = Mutex(State())

    /// The time in which the thread lets lines gather, in milliseconds: a wake for each would cost more than the line.
    private static let pause: Int32 = 10
    /// The time between two checks for the end while the reader does not read, in milliseconds.
    private static let endCheckInterval: Int32 = 100
    /// The longest wait for the thread's end, in milliseconds.
    private static let endTimeout: Int32 = 1000

    /// Starts the thread.
    public init(limit: Int, output: LogOutput) throws(SystemError) {
        self.limit = limit
        self.output = output
        bell = try Waker()
        end = try Waker()
        try Thread.start { self.run() }
    }

    /// The number of dropped lines.
    public var dropped: Int { state.withLock { $0.dropped } }

    /// Adds a line, which ends with a line feed; false where it does not fit.
    @discardableResult
    public func add(_ line: borrowing ByteWriter) -> Bool {
        unsafe line.withBytes { unsafe add($0) }
    }

    private func add(_ line: UnsafeRawBufferPointer) -> Bool {
        let (isTaken, rings) = state.withLock { state in
            guard !state.hasEnded, state.lines.count + state.underWay + line.count <= limit else {
                state.dropped += 1
                state.untold += 1
                return (false, state.wake())
            }
            // Above half of the room the pause ends.
            let wasLow = state.lines.count <= limit / 2
            unsafe state.lines.append(contentsOf: line)
            let isHigh = wasLow && state.lines.count > limit / 2
            return (true, state.wake() || isHigh)
        }
        if rings { bell.wake() }
        return isTaken
    }

    /// Writes the lines that the reader takes without a wait, and ends the thread; lines added later are dropped.
    public func finish() {
        state.withLock { $0.isEnding = true }
        bell.wake()
        if !state.withLock({ $0.hasEnded }) { end.wait(atMost: Self.endTimeout) }
    }

    // MARK: - The thread

    private func run() {
        var batch: [UInt8] = []
        // The lines that the output has not taken; their notice comes before the next ones.
        var lost = 0
        while let untold = takeAll(into: &batch) {
            if batch.isEmpty, untold == 0 {
                bell.wait()
                if !state.withLock({ $0.isEnding }) { bell.wait(atMost: Self.pause) }
                continue
            }
            if report(ofDropped: lost, before: batch.count) { lost = 0 }
            let count = write(batch)
            state.withLock { $0.dropped += count }
            batch.removeAll(keepingCapacity: true)
            lost += report(ofDropped: untold) ? count : count + untold
        }
        end.wake()
    }

    /// Takes the waiting lines, and the number of lines dropped after them; nil at the end.
    private func takeAll(into batch: inout [UInt8]) -> Int? {
        state.withLock { state in
            if state.lines.isEmpty, state.untold == 0 {
                state.isAsleep = true
                if state.isEnding { state.hasEnded = true }
                return state.isEnding ? nil : 0
            }
            swap(&batch, &state.lines)
            state.underWay = batch.count
            defer { state.untold = 0 }
            return state.untold
        }
    }

    /// Writes lines in pieces that a pipe takes whole, so that lines of other programs do not come between; returns the
    /// number of those that the output does not take.
    ///
    /// - `next`: the bytes that the thread has taken and writes after these.
    private func write(_ lines: [UInt8], before next: Int = 0) -> Int {
        var start = 0
        defer { state.withLock { $0.underWay = next } }
        while start < lines.count {
            let end = Self.endOfPiece(lines, from: start)
            switch output.offer(lines[start..<end]) {
            case .taken: start = end
            case .gone: return Self.count(lines[start...])
            case .busy:
                if state.withLock({ $0.isEnding }) { return Self.count(lines[start...]) }
                output.waitForRoom(atMost: Self.endCheckInterval)
            }
            state.withLock { $0.underWay = lines.count - start + next }
        }
        return 0
    }

    private static func count(_ lines: ArraySlice<UInt8>) -> Int { lines.count { $0 == UInt8(ascii: "\n") } }

    /// The end of the last line that fits a piece; the first line fits any piece.
    private static func endOfPiece(_ lines: [UInt8], from start: Int) -> Int {
        let lineFeed = UInt8(ascii: "\n")
        let piece = lines[start..<min(lines.count, start + Int(PIPE_BUF))]
        let last = piece.lastIndex(of: lineFeed) ?? lines[start...].firstIndex(of: lineFeed) ?? lines.count - 1
        return last + 1
    }

    /// Writes the notice of dropped lines, where there are any; false where the output does not take it.
    private func report(ofDropped count: Int, before next: Int = 0) -> Bool {
        if count == 0 { return true }
        let line = output.style.line(.warning, "access", LogStyle.words(ofDropped: count), [("dropped", "\(count)")])
        return write(Array("\(line)\n".utf8), before: next) == 0
    }
}
