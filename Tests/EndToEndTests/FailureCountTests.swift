import CurlClient
import Testing

/// Each response that says that the gateway could not do what was asked is in the metrics once, with its reason.
@Suite struct FailureCountTests {
    /// Requests of every kind that fail; how many times each status is expected.
    @Test func `failures by reason are as many as responses that tell of one`() throws {
        let silent = UDPPeer()
        let gateway = try RunningGateway(
            [
                "--workers", "1", "--max-datagram", "100", "--max-connections", "2",
                "--service", "/silent \(silent.address) timeout=1ms",
            ], upstream: UDPPeer.closedAddress())
        #expect(try gateway.post("hello").status == 502)
        #expect(try send("POST /silent HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na", to: gateway) == 504)
        #expect(try send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n", to: gateway) == 413)
        let form = "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        #expect(try send("\(form)Content-Length: 6\r\n\r\ntext=a", to: gateway) == 502)
        let long = "text=\(String(repeating: "a", count: 101))"
        #expect(try send("\(form)Content-Length: \(long.utf8.count)\r\n\r\n\(long)", to: gateway) == 413)
        #expect(try send("BREW / HTTP/1.1\r\nHost: a\r\n\r\n", to: gateway) == 501)
        #expect(try send("GET / HTTP/3.1\r\nHost: a\r\n\r\n", to: gateway) == 505)
        // These are no failures of the gateway, or are answers about it.
        #expect(try send("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", to: gateway) == 404)

        try turnOneAway(gateway)

        // The two places are free again once the gateway has heard of the ends.
        try gateway.metrics { $0["http_connections"] == 1 }
        let metrics = try gateway.metrics()
        let failed = ["413", "501", "502", "504", "505"].map { metrics["http_responses_total{code=\"\($0)\"}"] }
        #expect(failed == [2, 1, 2, 1, 1])
        // The question for the metrics itself may have been turned away while the places were not free yet.
        let turnedAway = try #require(metrics["http_responses_total{code=\"503\"}"])
        let failures = metrics.filter { $0.key.hasPrefix("http_failures_total{") && $0.value > 0 }
        func key(_ service: String, _ error: String) -> String {
            "http_failures_total{service=\"\(service)\",error=\"\(error)\"}"
        }
        #expect(
            failures == [
                key("/", "connection_refused"): 2, key("/silent", "http_response_timeout"): 1,
                key("", "http_request_error"): 2, key("/", "http_request_error"): 2,
                key("", "connection_limit_reached"): turnedAway,
            ])
    }

    /// Two connections that cannot be closed for others, and a third one.
    private func turnOneAway(_ gateway: RunningGateway) throws {
        let held = try (0..<2).map { _ in try TCPConnection(to: gateway.address) }
        for connection in held { connection.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nG") }
        for connection in held { _ = try connection.receive(until: "ok\n") }
        #expect(try send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", to: gateway) == 503)
        for connection in held { connection.send("ET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") }
        for connection in held { _ = try connection.receiveToEnd() }
    }

    private func send(_ request: String, to gateway: RunningGateway) throws -> Int? {
        let connection = try TCPConnection(to: gateway.address)
        connection.send(request)
        let head = try connection.receive(until: "\r\n")
        return Int(head.dropFirst("HTTP/1.1 ".count).prefix(3))
    }

    @Test func `the program tells what it is and what it takes`() throws {
        let gateway = try RunningGateway(["--max-connections", "77", "--workers", "2"])
        let response = try CurlClient().perform(CurlRequest("\(gateway.url)/metrics", timeout: Program.timeLimit))
        let text = try #require(response.text)
        let version = try Program.letterbox("--version").ending().output.dropLast()
        #expect(text.contains("\nletterbox_build_info{version=\"\(version)\"} 1\n"))
        #expect(text.contains("\nletterbox_http_connections_limit 77\n"))
        #expect(text.contains("\nletterbox_workers 2\n"))
        #expect(text.contains("\nletterbox_log_lines_dropped_total 0\n"))
        for name in ["cpu_seconds_total", "resident_memory_bytes", "virtual_memory_bytes", "open_fds", "max_fds"] {
            let value = try #require(text.firstMatch(of: try Regex("\nprocess_\(name) ([0-9.]+)\n")))
            #expect(Double(value.output[1].substring ?? "") ?? 0 > 0, "\(name)")
        }
    }
}
