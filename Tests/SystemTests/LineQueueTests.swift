import CLinux
import Glibc
import Testing

@testable import System

/// Lines that a thread of its own writes.
@Suite struct LineQueueTests {
    /// A pipe whose reader reads when a test wants it to.
    private struct Pipe: ~Copyable {
        let reader: Int32
        let writer: Int32

        init() {
            Console.ignoreBrokenPipes()
            var ends: [Int32] = [-1, -1]
            _ = unsafe pipe(&ends)
            (reader, writer) = (ends[0], ends[1])
        }

        deinit {
            close(reader)
            close(writer)
        }

        /// Reads until so many lines have come.
        func lines(_ count: Int) -> [Substring] {
            var bytes: [UInt8] = []
            while bytes.count(where: { $0 == 10 }) < count {
                let more = next()
                guard !more.isEmpty else { break }
                bytes += more
            }
            return Self.lines(of: bytes)
        }

        /// The received bytes, which may end in the middle of a line; empty at the end.
        func next() -> ArraySlice<UInt8> {
            var chunk = [UInt8](repeating: 0, count: 65_536)
            return chunk[..<max(0, unsafe read(reader, &chunk, chunk.count))]
        }

        static func lines(of bytes: [UInt8]) -> [Substring] {
            String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        }

        /// Fills the pipe, so that nothing more fits.
        func fill() {
            _ = fcntl(writer, F_SETFL, O_NONBLOCK)
            let block = [UInt8](repeating: 120, count: 4095) + [10]
            while unsafe Glibc.write(writer, block, block.count) > 0 {}
            _ = fcntl(writer, F_SETFL, 0)
        }
    }

    private static func line(_ length: Int) -> [UInt8] {
        [UInt8](repeating: 97, count: length - 1) + [10]
    }

    /// How many lines the notices say were dropped.
    private static func told(_ lines: [Substring]) -> Int {
        lines.compactMap { line in
            guard
                let (all, count) = line.firstMatch(of: /warning access: ([0-9]+) lines? w.* is full dropped=/)?.output,
                line.hasSuffix("\(all)\(count)")
            else { return nil }
            return Int(count)
        }.reduce(0, +)
    }

    @Test(.timeLimit(.minutes(1))) func `lines arrive in their order`() throws {
        let pipe = Pipe()
        let queue = try LineQueue(limit: 1 << 20, output: LogOutput(to: pipe.writer))
        for number in 0..<2000 { queue.add(Array("line \(number)\n".utf8)) }
        #expect(pipe.lines(2000) == (0..<2000).map { "line \($0)" })
        queue.add(Array("one more\n".utf8))
        #expect(pipe.lines(1) == ["one more"] && queue.dropped == 0)
        queue.finish()
    }

    /// Bytes that the thread has taken and not written count as well.
    @Test(.timeLimit(.minutes(1)), arguments: [100, 4096])
    func `what waits is no more than the limit`(limit: Int) throws {
        let pipe = Pipe()
        pipe.fill()
        let queue = try LineQueue(limit: limit, output: LogOutput(to: pipe.writer))
        #expect(!queue.add(Self.line(limit + 1)) && queue.dropped == 1)
        #expect(queue.add(Self.line(limit)) && !queue.add(Self.line(1)) && queue.dropped == 2)
        // Once there is a reader the line arrives, and how many are missing is told behind it.
        var found: [Substring] = []
        while Self.told(found) < 2 { found += pipe.lines(1) }
        #expect(found.contains { $0.utf8.count == limit - 1 && $0.allSatisfy { $0 == "a" } })
        #expect(Self.told(found) == 2)
        #expect(queue.add(Self.line(limit)))
        #expect(pipe.lines(1).count == 1 && queue.dropped == 2)
        queue.finish()
    }

    @Test(.timeLimit(.minutes(1))) func `a reader who is gone costs lines and nothing else`() throws {
        var ends: [Int32] = [-1, -1]
        Console.ignoreBrokenPipes()
        _ = unsafe pipe(&ends)
        let queue = try LineQueue(limit: 4096, output: LogOutput(to: ends[1]))
        close(ends[0])
        queue.add(Self.line(10))
        queue.finish()
        #expect(queue.dropped == 1 && !queue.add(Self.line(10)) && queue.dropped == 2)
        close(ends[1])
    }

    /// The end waits for no reader, and writes what goes without.
    @Test(.timeLimit(.minutes(1))) func `the end is not held up`() throws {
        let pipe = Pipe()
        let output = LogOutput(to: pipe.writer)
        let queue = try LineQueue(limit: 1 << 20, output: output)
        queue.add(Array("last\n".utf8))
        queue.finish()
        #expect(pipe.lines(1) == ["last"])
        let other = try LineQueue(limit: 1 << 20, output: output)
        pipe.fill()
        for _ in 0..<3 { other.add(Self.line(10)) }
        other.finish()
        #expect(other.dropped == 3)
    }

    /// A log line and lines of the queue share the stream, and neither cuts the other.
    @Test(.timeLimit(.minutes(1))) func `lines of both kinds are whole`() async throws {
        let pipe = Pipe()
        let output = LogOutput(to: pipe.writer)
        let queue = try LineQueue(limit: 1 << 20, output: output)
        let (own, other) = (String(repeating: "a", count: 99), String(repeating: "b", count: 6000))
        let count = 500
        async let written: Void = Self.write(other, 50, output)
        for _ in 0..<count { queue.add(Array("\(own)\n".utf8)) }
        var bytes: [UInt8] = []
        var found: [Substring] = []
        while found.count(where: { $0 == own }) < count {
            bytes += pipe.next()
            found = Pipe.lines(of: Array(bytes[..<(bytes.lastIndex(of: 10) ?? 0)]))
        }
        await written
        #expect(found.allSatisfy { $0 == own || $0 == other || $0.hasSuffix("the disk is full") })
        queue.finish()
    }

    @concurrent private static func write(_ line: String, _ count: Int, _ output: LogOutput) async {
        for _ in 0..<count { output.write(line) }
    }
}

extension LineQueue {
    @discardableResult
    fileprivate func add(_ line: [UInt8]) -> Bool {
        var writer = ByteWriter()
        writer.append(line)
        return add(writer)
    }
}
