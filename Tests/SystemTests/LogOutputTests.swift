import CLinux
import CPrograms
import Glibc
import Testing

@testable import System

/// Lines to readers that are slow or gone.
@Suite struct LogOutputTests {
    enum Kind: CaseIterable { case pipe, socket, terminal }

    /// Two ends; the writer's is blocking, as a program's standard error is, and the reader's is not.
    private struct Ends: ~Copyable {
        var reader: Int32 = -1
        var writer: Int32 = -1

        init(_ kind: Kind) {
            var ends: [Int32] = [-1, -1]
            switch kind {
            case .pipe: _ = unsafe pipe(&ends)
            case .socket: _ = unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
            case .terminal:
                var (person, program) = (Int32(-1), Int32(-1))
                _ = unsafe openpty(&person, &program, nil, nil, nil)
                ends = [person, program]
            }
            (reader, writer) = (ends[0], ends[1])
            _ = fcntl(reader, F_SETFL, O_NONBLOCK)
        }

        deinit {
            for end in [reader, writer] where end >= 0 { close(end) }
        }

        mutating func closeReader() {
            close(reader)
            reader = -1
        }
    }

    /// Everything that waits.
    private func text(_ reader: Int32) -> String {
        var (all, chunk) = ([UInt8](), [UInt8](repeating: 0, count: 65_536))
        while true {
            let count = unsafe read(reader, &chunk, chunk.count)
            guard count > 0 else { break }
            all += chunk[..<count]
        }
        return String(decoding: all, as: UTF8.self).replacing("\r\n", with: "\n")
    }

    /// Each line arrives whole or is dropped, and a notice stands where lines were dropped.
    ///
    /// A terminal moves what was written to its reader's buffer in its own time: room comes back without a reader, and
    /// notices stand between the lines.
    @Test(.timeLimit(.minutes(1)), arguments: Kind.allCases)
    func `a reader who does not read costs lines and no time`(kind: Kind) {
        let ends = Ends(kind)
        let output = LogOutput(to: ends.writer)
        let line = String(repeating: "x", count: 99)
        for _ in 0..<20_000 { output.write(line) }
        #expect(output.dropped > 0 && output.dropped < 20_000)
        var (received, written, dropped) = ("", 20_000, 0)
        repeat {
            received += text(ends.reader)
            dropped = output.dropped
            output.write("after")
            written += 1
        } while output.dropped > dropped
        while !received.hasSuffix("after\n") { received += text(ends.reader) }

        let notice = " dropped here: the reader is slow, or the disk is full"
        let lines = received.split(separator: "\n")
        let told = lines.filter { $0.hasSuffix(notice) }.compactMap { Int($0.prefix { $0 != " " }) }
        #expect(told.reduce(0, +) == dropped)
        #expect(lines.count { $0 == line || $0 == "after" } == written - dropped)
        #expect(lines.allSatisfy { $0 == line || $0 == "after" || $0.hasSuffix(notice) })
        // The program that shares the descriptor finds it as it was.
        #expect(fcntl(ends.writer, F_GETFL) & O_NONBLOCK == 0)
    }

    @Test(.timeLimit(.minutes(1)), arguments: [Kind.pipe, .socket])
    func `without a reader every line is dropped`(kind: Kind) {
        Console.ignoreBrokenPipes()
        var ends = Ends(kind)
        let output = LogOutput(to: ends.writer)
        output.write("one")
        ends.closeReader()
        for _ in 0..<3 { output.write("two") }
        #expect(output.dropped == 3)
        // The same where the pipe could not be opened once more.
        let late = LogOutput(to: ends.writer)
        late.write("three")
        #expect(late.dropped == 1)
    }

    @Test func `one dropped line is one`() {
        let ends = Ends(.pipe)
        let output = LogOutput(to: ends.writer)
        while output.dropped == 0 { output.write(String(repeating: "x", count: 4095)) }
        _ = text(ends.reader)
        output.write("after")
        #expect(text(ends.reader) == "1 line was dropped here: the reader is slow, or the disk is full\nafter\n")
    }

    @Test(.timeLimit(.minutes(1)))
    func `a file takes everything`() {
        var path = Array("/tmp/letterbox-XXXXXX".utf8CString)
        let owner = Descriptor(owning: unsafe mkstemp(&path))
        unsafe unlink(path)
        let output = LogOutput(to: owner.number)
        for _ in 0..<10_000 { output.write(String(repeating: "x", count: 99)) }
        #expect(output.dropped == 0 && lseek(owner.number, 0, SEEK_CUR) == 1_000_000)
    }

    /// A line longer than a pipe holds comes in pieces.
    @Test func `a reader who is waited for misses nothing`() async {
        let ends = Ends(.pipe)
        let line = String(repeating: "x", count: 300_000)
        _ = fcntl(ends.reader, F_SETFL, 0)
        let number = ends.reader
        async let count = Self.length(number, upTo: line.utf8.count + 1)
        LogOutput(to: ends.writer).write(line, waiting: true)
        #expect(await count == line.utf8.count + 1)
    }

    @concurrent private static func length(_ number: Int32, upTo end: Int) async -> Int {
        var (count, chunk) = (0, [UInt8](repeating: 0, count: 65_536))
        while count < end {
            let length = unsafe read(number, &chunk, chunk.count)
            guard length > 0 else { break }
            count += length
        }
        return count
    }
}
