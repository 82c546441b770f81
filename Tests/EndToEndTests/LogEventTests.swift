import CurlClient
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
}
