import EventLoop
import Glibc
import System
import TestSupport
import Testing

@testable import CommandLineSupport

@Suite(.timeLimit(.minutes(1))) struct InputTests {
    /// Reads all lines of what `write` writes, from a pipe.
    private func lines(of pieces: [[UInt8]], limit: Int = 65_535) async throws -> [[UInt8]] {
        try await onLoop { loop in
            var ends: [Int32] = [-1, -1]
            guard unsafe pipe(&ends) == 0 else { return [] }
            let end = ends[1]
            var reader = LineReader(try InputReader(Descriptor(owning: ends[0]), on: loop), limit: limit)
            let writer = Task(executorPreference: loop) {
                let output = Descriptor(owning: end)
                for piece in pieces {
                    unsafe piece.withUnsafeBytes { _ = unsafe write(output.number, $0.baseAddress, $0.count) }
                    await loop.sleep(until: loop.now + .milliseconds(1))
                }
            }
            var lines: [[UInt8]] = []
            while let line = try await reader.next() {
                if case .whole(let bytes) = line { lines.append(bytes) } else { lines.append(Array("too long".utf8)) }
            }
            await writer.value
            return lines
        }
    }

    @Test(
        arguments: [
            ([], []), (["a\n"], ["a"]), (["a"], ["a"]), (["a\nb\n"], ["a", "b"]), (["a\r\nb\r\n"], ["a", "b"]),
            (["\n\n"], ["", ""]), (["a", "b\nc"], ["ab", "c"]), (["a\r", "\nb"], ["a", "b"]), (["a\rb\n"], ["a\rb"]),
        ] as [([String], [String])])
    func cut(pieces: [String], expected: [String]) async throws {
        let lines = try await lines(of: pieces.map { Array($0.utf8) })
        #expect(lines.map { String(decoding: $0, as: UTF8.self) } == expected)
    }

    /// Each line is kept up to the limit, with either line end or none; of a longer one there is no byte.
    @Test(
        arguments: [
            (["abcd\n"], ["abcd"]), (["abcde\n"], ["too long"]), (["abcd\r\n"], ["abcd"]), (["abcd"], ["abcd"]),
            (["abcde"], ["too long"]), (["abcd", "\n"], ["abcd"]), (["abcd\r", "\n"], ["abcd"]),
            (["abcd\r", "e\n"], ["too long"]), (["ab", "cde", "fgh", "i\nj\n"], ["too long", "j"]),
            (["abcdefgh", "ijkl"], ["too long"]),
            (["abcdefg\nab\n", "abcdefg\nab"], ["too long", "ab", "too long", "ab"]),
        ] as [([String], [String])])
    func linesAreBounded(pieces: [String], expected: [String]) async throws {
        let lines = try await lines(of: pieces.map { Array($0.utf8) }, limit: 4)
        #expect(lines.map { String(decoding: $0, as: UTF8.self) } == expected)
    }

    @Test func aFolderIsNoInput() async throws {
        await #expect(throws: SystemError(.readInput, nil, ErrorNumber(EISDIR))) {
            try await onLoop { loop in
                let folder = Descriptor(owning: unsafe open("/", O_RDONLY | O_CLOEXEC))
                var reader = LineReader(try InputReader(folder, on: loop), limit: 4)
                _ = try await reader.next()
            }
        }
    }

    /// A regular file cannot be watched, and is read all the same; any other failure to watch is an error.
    @Test func whatCannotBeWatchedIsAnError() async throws {
        await #expect(throws: SystemError(.watch, nil, ErrorNumber(EEXIST))) {
            try await onLoop { loop in
                var ends: [Int32] = [-1, -1]
                guard unsafe pipe(&ends) == 0 else { return }
                defer { close(ends[1]) }
                let input = Descriptor(owning: ends[0])
                // The kernel takes a descriptor once (epoll_ctl(2)).
                _ = try AsyncWatch(input, as: .stream, on: loop)
                _ = try InputReader(input, on: loop)
            }
        }
    }

    /// A pipe that is exactly full reads as one whole chunk, behind which nothing waits.
    @Test func aFullPipeDoesNotStopTheLoop() async throws {
        let line = [UInt8](repeating: 97, count: 65_535) + [10]
        #expect(try await lines(of: [line, line, [98]]).map(\.count) == [65_535, 65_535, 1])
    }

    /// A terminal hands out one line at a time, however many have been typed.
    @Test func linesTypedAheadAreAllRead() async throws {
        let lines = try await onLoop { loop -> [String] in
            let terminal = Descriptor(owning: unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC))
            var (number, unlocked) = (Int32(-1), Int32(0))
            // TIOCSPTLCK and TIOCGPTN (ioctl_tty(2)).
            guard unsafe ioctl(terminal.number, 0x4004_5431, &unlocked) == 0,
                unsafe ioctl(terminal.number, 0x8004_5430, &number) == 0
            else { return ["no terminal"] }
            let input = Descriptor(owning: unsafe open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC))
            var reader = LineReader(try InputReader(input, on: loop), limit: 100)
            let typed = Array("one\ntwo\nthree\n".utf8)
            _ = unsafe typed.withUnsafeBytes { unsafe write(terminal.number, $0.baseAddress, $0.count) }
            var lines: [String] = []
            for _ in 0..<3 {
                if case .whole(let line) = try await reader.next() {
                    lines.append(String(decoding: line, as: UTF8.self))
                }
            }
            return lines
        }
        #expect(lines == ["one", "two", "three"])
    }

    /// The signals are sent to the loop's own thread, which has them blocked; the process does not notice.
    @Test func eachSignalIsHeard() async throws {
        let requests = try await onLoop { loop in
            SignalDescriptor.block()
            let signals = try Signals(on: loop)
            for signal in [SIGTERM, SIGHUP, SIGINT] { pthread_kill(pthread_self(), signal) }
            return [await signals.next(), await signals.next(), await signals.next()]
        }
        // The kernel tells of the lowest number first (signal(7)), and HUP is 1.
        #expect(requests == [.hangup, .end, .end])
    }
}
