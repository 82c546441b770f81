import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

/// A program that runs beside the test, with its three streams; it never outlives its object.
///
/// Only a test that looks for something in its output reads it, so that there is no thread to end.
final class Program: Sendable {
    /// How a program ended, and all that it said.
    struct Ending: Equatable {
        /// The exit status; the negative number of the signal that killed it.
        let status: Int32
        let output: String
        let error: String

        /// The lines of standard error.
        var errorLines: [Substring] { error.split(separator: "\n", omittingEmptySubsequences: false).dropLast() }
    }

    /// The content of a program's standard input.
    enum Input {
        case nothing
        /// These bytes, which must fit a pipe, and then the end.
        case bytes([UInt8])
        /// A pipe that stays open for `write(_:)`.
        case open
        /// A descriptor, which the program gets a copy of.
        case descriptor(Int32)
    }

    /// An event that did not happen in time.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The longest that anything may take; long, because slow machines run many tests at once.
    static let timeLimit = Duration.seconds(60)

    let pid: pid_t
    private let name: String
    private let input: Int32?
    private let streams: Mutex<Streams>

    private struct Streams {
        var output: Stream
        var error: Stream
        var status: Int32?
    }

    /// Starts a program, by its path or by a name that PATH leads to.
    init(_ path: String, _ arguments: [String], input: Input = .nothing) throws {
        let (source, sink) = try Self.open(input)
        let (output, outputEnd) = try Self.makePipe()
        let (error, errorEnd) = try Self.makePipe()
        defer { for end in [source, outputEnd, errorEnd] { close(end) } }
        pid = try spawn(path, arguments, streams: [source, outputEnd, errorEnd])
        name = path.split(separator: "/").last.map(String.init) ?? path
        self.input = sink
        streams = Mutex(Streams(output: Stream(output), error: Stream(error)))
    }

    deinit {
        streams.withLock { streams in
            if streams.status == nil {
                kill(pid, SIGKILL)
                _ = waitpid(pid, nil, 0)
            }
            streams.output.shut()
            streams.error.shut()
        }
        if let input { close(input) }
    }

    /// Sends a signal.
    func signal(_ number: Int32) {
        kill(pid, number)
    }

    /// Stops the program; returns when none of its threads runs, which the signal alone does not wait for.
    func suspend() throws {
        signal(SIGSTOP)
        let tasks = "/proc/\(pid)/task"
        while true {
            let states = try FileManager.default.contentsOfDirectory(atPath: tasks).map { task in
                // proc(5): the state comes after the name, which is in parentheses.
                try String(contentsOfFile: "\(tasks)/\(task)/stat", encoding: .utf8).split(separator: ") ").last?.first
            }
            if states.allSatisfy({ $0 == "T" }) { return }
            usleep(1000)
        }
    }

    /// Writes to standard input.
    func write(_ text: String) {
        guard let input else { preconditionFailure("standard input is not open") }
        let bytes = Array(text.utf8)
        let count = unsafe Glibc.write(input, bytes, bytes.count)
        precondition(count == bytes.count, "\(name) does not read: errno \(errno)")
    }

    /// Waits until standard output has this text; returns all of it so far.
    @discardableResult
    func output(containing text: String) throws -> String {
        try read { $0.output.text.contains(text) ? $0.output.text : nil }
    }

    /// Waits until standard output has so many lines; returns all of them.
    func outputLines(atLeast count: Int) throws -> [Substring] {
        let text = try read { streams in
            streams.output.text.count { $0.isNewline } >= count ? streams.output.text : nil
        }
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    }

    /// Waits for the first line on standard error that begins like this.
    func errorLine(startingWith prefix: String) throws -> String { try errorLine { $0.hasPrefix(prefix) } }

    /// Waits for the first line on standard error that has this in it.
    func errorLine(containing text: String) throws -> String { try errorLine { $0.contains(text) } }

    private func errorLine(_ isRight: (Substring) -> Bool) throws -> String {
        try read { streams in
            let lines = streams.error.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            return lines.first(where: isRight).map(String.init)
        }
    }

    /// Waits until standard error has this text; returns all of it so far.
    @discardableResult
    func error(containing text: String) throws -> String {
        try read { $0.error.text.contains(text) ? $0.error.text : nil }
    }

    /// Waits until standard error is as `condition` wants it.
    func error(until condition: (String) -> Bool) throws {
        try read { condition($0.error.text) ? true : nil }
    }

    /// Waits until something in standard error is as the expression says; returns all of it so far.
    func error(matching expression: Regex<Substring>) throws -> String {
        try read { $0.error.text.contains(expression) ? $0.error.text : nil }
    }

    /// Waits for the program to end.
    func ending() throws -> Ending {
        try read { $0.output.hasEnded && $0.error.hasEnded ? true : nil }
        return streams.withLock { streams in
            var status: Int32 = 0
            if streams.status == nil {
                _ = unsafe waitpid(pid, &status, 0)
                // wait(2): the low seven bits are the signal, the next byte is the exit status.
                streams.status = status & 0x7F == 0 ? (status >> 8) & 0xFF : -(status & 0x7F)
            }
            return Ending(status: streams.status ?? 0, output: streams.output.text, error: streams.error.text)
        }
    }

    /// Ends the program with a signal, and waits for it.
    func ending(after signal: Int32) throws -> Ending {
        self.signal(signal)
        return try ending()
    }

    /// Reads both streams until `find` finds something, or the program has no more to say.
    @discardableResult
    private func read<Found>(until find: (borrowing Streams) -> Found?) throws -> Found {
        let deadline = ContinuousClock.now + Self.timeLimit
        return try streams.withLock { streams in
            while true {
                if let found = find(streams) { return found }
                let isOver = ContinuousClock.now >= deadline
                guard !isOver, !streams.output.hasEnded || !streams.error.hasEnded else {
                    throw Failure(
                        description: """
                            \(name) \(isOver ? "took too long" : "ended before that"); output: \(streams.output.text), \
                            error: \(streams.error.text)
                            """)
                }
                Self.wait(&streams)
            }
        }
    }

    private static func wait(_ streams: inout Streams) {
        var entries = [streams.output, streams.error].map {
            pollfd(fd: $0.hasEnded ? -1 : $0.descriptor, events: Int16(POLLIN), revents: 0)
        }
        _ = unsafe poll(&entries, 2, 1000)
        if entries[0].revents != 0 { streams.output.receive() }
        if entries[1].revents != 0 { streams.error.receive() }
    }
}

/// The output of a pipe so far.
private struct Stream {
    let descriptor: Int32
    private(set) var hasEnded = false
    private var bytes: [UInt8] = []

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    mutating func receive() {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe read(descriptor, &chunk, chunk.count)
        if count > 0 { bytes += chunk[..<count] } else { hasEnded = true }
    }

    func shut() { close(descriptor) }
}

// Starting.
extension Program {
    /// The program's end of its standard input, and ours where it stays open.
    private static func open(_ input: Input) throws -> (source: Int32, sink: Int32?) {
        switch input {
        case .nothing: return (check(unsafe Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC)), nil)
        case .descriptor(let descriptor): return (check(fcntl(descriptor, F_DUPFD_CLOEXEC, 3)), nil)
        case .open:
            let (source, sink) = try makePipe()
            return (source, sink)
        case .bytes(let bytes):
            let (source, sink) = try makePipe()
            defer { close(sink) }
            precondition(bytes.count <= 65_536, "a pipe holds 64 KB")
            check(Int32(unsafe Glibc.write(sink, bytes, bytes.count)))
            return (source, nil)
        }
    }

    /// A pipe (pipe(2)).
    private static func makePipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        check(unsafe pipe(&ends))
        return (ends[0], ends[1])
    }
}
