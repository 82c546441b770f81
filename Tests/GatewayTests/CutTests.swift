import EventLoop
import Glibc
import System
import TestSupport
import Testing

@testable import Gateway

/// The lines of the access log about what the program's end cuts.
@Suite(.timeLimit(.minutes(1))) struct CutTests {
    /// Each scene with the beginnings of its lines, without their time.
    @Test(arguments: [
        (ConnectionStage.Scene.idle, []), (.lingering, []), (.closed, []),
        (.partOfHead, ["warning access: GET /heal 503 "]), (.head, ["warning access: POST / 503 "]),
        (.exchanging, ["warning access: POST / 503 "]), (.last, ["warning access: POST / 503 "]),
        (.asking, ["warning access: GET /metrics 503 "]), (.pausing, ["warning access: GET /healthz 503 "]),
        (.writing, ["warning access: - - 503 "]), (.closing, ["warning access: - - 503 "]),
    ])
    func `each request that is cut has a line, and counts`(scene: ConnectionStage.Scene, beginnings: [String])
        async throws
    {
        try await onLoop { loop in
            let log = try Log(.failures)
            let configuration = Configuration.with { $0.accessLog = log.log }
            let stage = try ConnectionStage(scene, configuration, on: loop)
            #expect(stage.isAt(scene))
            #expect(stage.context.cut() == beginnings.count)
            // The lines are the whole: what ends later has none.
            _ = try await stage.statuses()
            let lines = log.end()
            #expect(lines.count == beginnings.count, "\(lines)")
            for (line, beginning) in zip(lines, beginnings) {
                #expect(line.hasPrefix(beginning) && line.hasSuffix(" error=gateway_closed_request"), "\(line)")
            }
        }
    }

    /// The line has the datagrams that had gone out, as that of an exchange that ends by itself.
    @Test(arguments: [ConnectionStage.Scene.exchanging, .last], [1, 2])
    func `a request that is cut has its datagrams`(scene: ConnectionStage.Scene, replies: Int) async throws {
        try await onLoop { loop in
            let log = try Log(.failures)
            let configuration = Configuration.with { $0.accessLog = log.log }
            var policy = ReplyPolicy()
            policy.count = .some(replies)
            let stage = try ConnectionStage(scene, configuration, replies: policy, on: loop)
            #expect(stage.context.cut() == 1)
            let line = try #require(log.end().first)
            let exchange = /service=\/ attempts=1 backend=127\.0\.0\.1:\d+ ms=\S+ upstream_ms=\S+ bytes_in=5/
            #expect(line.contains(exchange), "\(line)")
            _ = try await stage.statuses()
        }
    }

    @Test func `bytes behind a request have a line of their own`() async throws {
        try await onLoop { loop in
            let log = try Log(.all)
            let configuration = Configuration.with { $0.accessLog = log.log }
            let stage = try ConnectionStage(
                .exchanging, following: "GET /next HTTP/1.1\r\n", hasRoom: true, configuration, on: loop)
            #expect(stage.context.cut() == 2)
            let lines = log.end()
            #expect(
                lines.map { $0.split(separator: " client=")[0] } == [
                    "warning access: POST / 503", "warning access: GET /next 503",
                ])
            _ = try await stage.statuses()
        }
    }

    /// A line has the caller's own identifier, and never that of the request before.
    @Test(arguments: ["", "X-Request-Id: TWO\r\n"])
    func `bytes that are no whole request keep their own identifier`(field: String) async throws {
        try await onLoop { loop in
            let log = try Log(.all)
            let configuration = Configuration.with { $0.accessLog = log.log }
            let stage = try ConnectionStage(.idle, configuration, on: loop)
            stage.arrive("GET /healthz HTTP/1.1\r\nHost: a\r\nX-Request-Id: ONE\r\n\r\n")
            stage.arrive("POST /second HTTP/1.1\r\nHost: a\r\n\(field)Content-Length: 5\r\n\r\nab")
            _ = try await stage.statuses()
            let lines = log.end()
            #expect(lines.count == 2 && lines[0].contains(" request_id=ONE"), "\(lines)")
            #expect(lines[1].contains(" /second 499 ") && !lines[1].contains("ONE"), "\(lines)")
            #expect(lines[1].contains(" request_id=TWO") == !field.isEmpty, "\(lines)")
        }
    }

    /// A client that left is a line of the level info.
    @Test(arguments: [LogLevel.info, .warning])
    func `a reply that cannot leave has a line of its level`(level: LogLevel) async throws {
        try await onLoop { loop in
            let log = try Log(.failures, level: level)
            let configuration = Configuration.with { $0.accessLog = log.log }
            let stage = try ConnectionStage(.exchanging, configuration, on: loop)
            try stage.deliver(.reset)
            _ = try await stage.statuses()
            #expect(log.end().count == (level == .info ? 1 : 0))
        }
    }

    @Test func `without a log they count all the same`() async throws {
        try await onLoop { loop in
            let stage = try ConnectionStage(.exchanging, on: loop)
            #expect(stage.context.cut() == 1)
            _ = try await stage.statuses()
        }
    }

    /// An access log whose lines a pipe holds.
    private final class Log {
        let log: AccessLog
        private let reader: Int32
        private let writer: Int32

        init(_ coverage: AccessLog.Coverage, level: LogLevel = .info) throws {
            var ends: [Int32] = [-1, -1]
            _ = unsafe pipe(&ends)
            (reader, writer) = (ends[0], ends[1])
            let output = LogOutput(to: writer)
            output.style.level = level
            log = try AccessLog(coverage, limit: 65_536, output: output)
        }

        deinit {
            close(reader)
            close(writer)
        }

        /// Ends the log, and returns its lines without their time.
        func end() -> [Substring] {
            log.finish()
            _ = fcntl(reader, F_SETFL, O_NONBLOCK)
            var bytes = [UInt8](repeating: 0, count: 65_536)
            let count = max(0, unsafe read(reader, &bytes, bytes.count))
            return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").map { line in
                line.drop { $0 != " " }.dropFirst()
            }
        }
    }
}
