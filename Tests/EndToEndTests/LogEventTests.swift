import CurlClient
import Foundation
import Glibc
import System
import Testing

/// The log's lines about the gateway's own life.
@Suite struct LogEventTests {
    @Test func `the limits in force are told at the start, in a line`() throws {
        let gateway = try RunningGateway(["--workers", "2", "--max-connections", "7", "--max-in-flight", "8"])
        let lines = try gateway.program.ending(after: SIGTERM).errorLines
        #expect(lines.first?.hasPrefix("The limits are 2 workers, at most 7 connections, 8 exchanges, ") == true)
        #expect(lines.last == "Told to end: requests in flight are finished first")
    }

    @Test func `a backend that goes and comes back has a line each time`() throws {
        let gateway = try RunningGateway(["--workers", "1", "--access-log", "off"], upstream: UDPPeer.closedAddress())
        for _ in 0..<20 { _ = try gateway.post("x") }
        let down = "warning gateway: /: \(gateway.upstream) is down: it cannot be reached"
        let text = try gateway.program.error(containing: down)
        #expect(text.split(separator: "\n").count { $0.contains(" is down") } == 1)
        let server = try RunningServer(host: gateway.upstream.host, port: gateway.upstream.port)
        while try gateway.post("x").status != 200 {}
        let all = try gateway.program.error(containing: "notice gateway: /: \(gateway.upstream) is up again")
        #expect(all.split(separator: "\n").count { $0.contains(" is up again") } == 1)
        withExtendedLifetime(server) {}
    }

    /// Each HUP with wrong settings logs an error, of which one comes in a second, and a notice.
    @Test func `warnings that were left out are shown at the end`() throws {
        let token = try TemporaryFile("first", mode: 0o600)
        let settings = try TemporaryFile("port 0\nserver-port 0\ntoken-file \(token.path)\n")
        let gateway = try RunningGateway(Program(Binaries.letterbox, ["--config", settings.path]))
        try settings.write("nonsense 1\n")
        for count in 1...10 {
            gateway.program.signal(SIGHUP)
            try gateway.program.error { $0.components(separatedBy: "the token has been read again").count > count }
        }
        let lines = try gateway.program.ending(after: SIGTERM).errorLines.filter {
            $0.contains(": nonsense is no setting")
        }
        let others = lines.map {
            $0.firstMatch(of: /and (\d+) more like it since the last\)/).flatMap { Int($0.1) } ?? 0
        }
        #expect(others.reduce(lines.count, +) == 10, "\(lines)")
    }
}
