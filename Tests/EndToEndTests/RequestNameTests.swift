import CurlClient
import Foundation
import Testing

/// The names that callers give their requests: taken where they are well formed, and told in the answer and the log.
@Suite struct RequestNameTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let parent = "traceparent: 00-\(trace)-00f067aa0ba902b7-01\r\n"

    private func send(_ head: String, _ body: String = "", to gateway: RunningGateway) throws -> String {
        let connection = try TCPConnection(to: gateway.address)
        let length = head.hasPrefix("POST") ? "Content-Length: \(body.utf8.count)\r\n" : ""
        connection.send("\(head)Host: a\r\nConnection: close\r\n\(length)\r\n\(body)")
        return try connection.receiveToEnd()
    }

    /// Its lines of the access log from the error on.
    private func ends(_ gateway: RunningGateway) throws -> [String] {
        let lines = try gateway.program.ending(after: SIGTERM).errorLines.filter { $0.contains(" access: ") }
        return lines.map { line in
            String(line.split(separator: "bytes_out=")[1].drop { $0 != " " }.dropFirst())
        }
    }

    @Test func `they are in the log, and the caller's own is in the response`() throws {
        let gateway = try RunningGateway(["--workers", "1", "--access-log", "all"])
        let line = "POST / HTTP/1.1\r\n"
        #expect(try send("\(line)X-Request-Id: a-1\r\n", "x", to: gateway).contains("\r\nX-Request-Id: a-1\r\n"))
        #expect(try !send("\(line)\(Self.parent)", "x", to: gateway).contains("X-Request-Id"))
        #expect(try !send(line, "x", to: gateway).contains("X-Request-Id"))
        #expect(try send("\(line)\(Self.parent)x-request-id: b\r\n", "x", to: gateway).contains("X-Request-Id: b\r\n"))
        let traced = try send("\(line)\(Self.parent)X-Request-Id: c\r\nAccept: application/json\r\n", "x", to: gateway)
        #expect(traced.hasSuffix("},\"trace_id\":\"\(Self.trace)\",\"request_id\":\"c\"}\n"))
        #expect(
            try ends(gateway) == [
                "request_id=a-1", "trace_id=\(Self.trace)", "", "trace_id=\(Self.trace) request_id=b",
                "trace_id=\(Self.trace) request_id=c",
            ])
    }

    /// On one connection no request has the name of the one before it.
    @Test func `a name is that of one request`() throws {
        let gateway = try RunningGateway(["--workers", "1"])
        let connection = try TCPConnection(to: gateway.address)
        let post = { (field: String) in "POST / HTTP/1.1\r\nHost: a\r\n\(field)Content-Length: 1\r\n\r\nx" }
        for (field, count) in [
            ("X-Request-Id: a\r\n", 1), ("", 0), (Self.parent, 0), ("X-Request-Id: b\r\n", 1), ("", 0),
        ] {
            connection.send(post(field))
            let response = try connection.receive(until: "\r\n\r\nX")
            #expect(response.split(separator: "\r\n").count { $0.hasPrefix("X-Request-Id:") } == count, "\(field)")
        }
    }

    @Test func `failures tell them, before and behind the parser`() throws {
        let gateway = try RunningGateway(
            ["--workers", "1", "--max-datagram", "5", "--header-timeout", "50ms", "--body-timeout", "50ms"],
            upstream: UDPPeer.closedAddress())
        let names = "\(Self.parent)X-Request-Id: a\r\n"
        let member = ",\"trace_id\":\"\(Self.trace)\",\"request_id\":\"a\"}\n"
        let requests = [
            "POST / HTTP/1.1\r\nHost: a\r\n\(names)Connection: close\r\nContent-Length: 1\r\n\r\nx",
            "GET /none HTTP/1.1\r\nHost: a\r\n\(names)Connection: close\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\n\(names)Content-Length: 6\r\n\r\n123456", "GET / HTTP/1.1\r\n\(names)\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\n\(names)Content-Length: 2\r\n\r\n1",
            "GET / HTTP/1.1\r\nHost: a\r\n\(names)Content-Len",
        ]
        for (request, status) in zip(requests, [502, 404, 413, 400, 408, 408]) {
            let connection = try TCPConnection(to: gateway.address)
            connection.send(request)
            let response = try connection.receiveToEnd()
            #expect(response.hasPrefix("HTTP/1.1 \(status) ") && response.hasSuffix(member), "\(response)")
            #expect(response.contains("\r\nX-Request-Id: a\r\n"))
            // The length is that of all of it.
            let parts = response.split(separator: "\r\n\r\n", maxSplits: 1)
            #expect(parts[0].contains("Content-Length: \(parts[1].utf8.count)"))
        }
        let found = try ends(gateway)
        #expect(
            found.count == 6 && found.allSatisfy { $0.hasSuffix(" trace_id=\(Self.trace) request_id=a") }, "\(found)")
    }

    @Test(arguments: [
        "X-Request-Id: a b\r\n", "X-Request-Id: \r\n", "X-Request-Id: a\"b\r\n",
        "X-Request-Id: a\r\nX-Request-Id: a\r\n",
        "traceparent: 00-\(trace)-00f067aa0ba902b7-1\r\n",
        "traceparent: 00-\(trace.uppercased())-00f067aa0ba902b7-01\r\n",
        parent + parent,
    ])
    func `what is malformed is ignored`(field: String) throws {
        let gateway = try RunningGateway(["--workers", "1", "--access-log", "all"])
        let response = try send("POST / HTTP/1.1\r\n\(field)", "x", to: gateway)
        #expect(response.hasPrefix("HTTP/1.1 200 ") && !response.contains("X-Request-Id"))
        #expect(try ends(gateway) == [""])
    }

    @Test(arguments: [([], 128), (["--max-request-id", "3"], 3), (["--max-request-id", "0"], 0)])
    func `a name is no longer than its flag says`(flags: [String], limit: Int) throws {
        let gateway = try RunningGateway(["--workers", "1"] + flags)
        for (length, isRepeated) in [(max(1, limit), limit > 0), (limit + 1, false)] {
            let name = String(repeating: "a", count: length)
            let response = try send("POST / HTTP/1.1\r\nX-Request-Id: \(name)\r\n", "x", to: gateway)
            #expect(response.contains("X-Request-Id: \(name)\r\n") == isRepeated)
        }
    }

    @Test func `a stream of replies has the name as well`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway(
            [
                "--workers", "1", "--access-log", "all", "--service",
                "/many \(peer.address) replies=2 wait=60s",
            ],
            upstream: UDPPeer.closedAddress())
        let connection = try TCPConnection(to: gateway.address)
        connection.send(
            "POST /many HTTP/1.1\r\nHost: a\r\nX-Request-Id: s\r\nAccept: application/x-ndjson\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"
        )
        let (_, sender) = try peer.receive()
        for _ in 0..<2 { peer.send("y", to: sender) }
        #expect(try connection.receiveToEnd().contains("\r\nX-Request-Id: s\r\n"))
        #expect(try ends(gateway) == ["request_id=s"])
    }
}
