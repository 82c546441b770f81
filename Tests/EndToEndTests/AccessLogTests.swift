import CurlClient
import Foundation
import System
import Testing

/// A line for each request, or for each that failed.
@Suite struct AccessLogTests {
    /// The part of a line behind the time, without the client's port and the numbers of milliseconds.
    private static func plain(_ line: some StringProtocol) -> String {
        let words = String(line).replacing(/127\.0\.0\.[0-9]+:[0-9]+/, with: "A").replacing(/[0-9]+\.[0-9]{3}( |$)/) {
            "N\($0.1)"
        }
        return String(words.drop { $0 != " " }.dropFirst())
    }

    private func send(_ request: String, to gateway: RunningGateway) throws -> String {
        let connection = try TCPConnection(to: gateway.address)
        connection.send(request)
        return try connection.receiveToEnd()
    }

    private static func post(_ path: String, _ body: String, _ fields: String = "") -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private func lines(_ gateway: RunningGateway) throws -> [String] {
        try gateway.program.ending(after: SIGTERM).errorLines.filter { $0.contains(" access: ") }.map(Self.plain)
    }

    @Test func `with all each request has a line, in its own words`() throws {
        let gateway = try RunningGateway(["--access-log", "all", "--workers", "1"])
        _ = try send(Self.post("/", "hello"), to: gateway)
        _ = try send(Self.post("/", "hello", "Accept: application/json\r\n"), to: gateway)
        _ = try send("HEAD /healthz?secret HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", to: gateway)
        _ = try send("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", to: gateway)
        _ = try send(Self.post("/form", "text=x", "Content-Type: application/x-www-form-urlencoded\r\n"), to: gateway)
        let found = try lines(gateway)
        let expected = [
            "info access: POST / 200 client=A service=/ attempts=1 backend=A ms=N upstream_ms=N bytes_in=5 bytes_out=5",
            "info access: POST / 200 client=A service=/ attempts=1 backend=A ms=N upstream_ms=N bytes_in=5 bytes_out=",
            "info access: HEAD /healthz 200 client=A ms=N bytes_in=0 bytes_out=0",
            "info access: GET /metrics 200 client=A ms=N bytes_in=0 bytes_out=",
            "info access: POST /form 200 client=A service=/ attempts=1 backend=A ms=N upstream_ms=N bytes_in=1 bytes_out=",
        ]
        #expect(found.count == expected.count)
        for (line, start) in zip(found, expected) { #expect(line.hasPrefix(start)) }
    }

    @Test func `without the flag only failures have one`() throws {
        let silent = UDPPeer()
        let gateway = try RunningGateway(
            ["--service", "/silent \(silent.address) timeout=10ms", "--workers", "1"], upstream: UDPPeer.closedAddress()
        )
        _ = try send(Self.post("/silent", "hello"), to: gateway)
        _ = try send("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", to: gateway)
        _ = try send(Self.post("/", "hello"), to: gateway)
        _ = try send(Self.post("/none", "hello"), to: gateway)
        _ = try send("BREW /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", to: gateway)
        let found = try lines(gateway).map { $0.replacing(/bytes_out=[0-9]+/, with: "bytes_out=N") }
        #expect(
            found == [
                "warning access: POST /silent 504 client=A service=/silent attempts=1 backend=A ms=N upstream_ms=N bytes_in=5 bytes_out=N error=http_response_timeout",
                "warning access: POST / 502 client=A service=/ attempts=1 backend=A ms=N upstream_ms=N bytes_in=5 bytes_out=N error=connection_refused",
                "info access: POST /none 404 client=A ms=N bytes_in=5 bytes_out=N error=http_request_error",
                "warning access: BREW /a 501 client=A ms=N bytes_in=0 bytes_out=N error=http_request_error",
            ])
    }

    /// The loop's clock stands still while it serves what it has read.
    @Test func `an answer of the gateway itself has its time, and the service that it is for`() throws {
        let silent = UDPPeer()
        let gateway = try RunningGateway(
            ["--service", "/g \(silent.address) get=q", "--workers", "1"], upstream: UDPPeer.closedAddress())
        _ = try send(Self.post("/g?as=hex", "x"), to: gateway)
        _ = try send("GET /g HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", to: gateway)
        _ = try send("GET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", to: gateway)
        let found = try gateway.program.ending(after: SIGTERM).errorLines.filter { $0.contains(" access: ") }
        #expect(found.allSatisfy { !$0.contains(" ms=0.000 ") }, "\(found)")
        let starts = found.map(Self.plain).map { String($0.split(separator: " ms=")[0]) }
        #expect(
            starts == [
                "info access: POST /g 400 client=A service=/g", "info access: GET /g 400 client=A service=/g",
                "info access: GET /none 404 client=A",
            ])
    }

    /// Each request, whose content has not come, and its status.
    @Test func `a request that is refused by its head has the service that it is for`() throws {
        let gateway = try RunningGateway(
            ["--service", "/g \(UDPPeer().address) get=q max-datagram=4", "--workers", "1", "--body-timeout", "50ms"],
            upstream: UDPPeer.closedAddress())
        let requests = [
            ("POST /g", "Content-Encoding: gzip\r\nExpect: 100-continue", 415),
            ("POST /g?as=x", "Expect: 100-continue", 400), ("GET /g?q=*", "Expect: 100-continue", 400),
            ("POST /g", "Origin: http://b.example\r\nExpect: 100-continue", 403),
            ("POST /g", "Expect: 100-continue", 413), ("POST /g", "X: y", 408),
        ]
        for (line, fields, _) in requests {
            _ = try send(
                "\(line) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(fields)\r\nContent-Length: 5\r\n\r\n",
                to: gateway)
        }
        let starts = try lines(gateway).map { String($0.split(separator: " ms=")[0]) }
        let expected = requests.map { (line, _, status) in
            "info access: \(line.prefix { $0 != "?" }) \(status) client=A service=/g"
        }
        #expect(starts == expected)
    }

    /// The fields behind the length were not read, so that the caller's token is not known.
    @Test func `a length that is refused before the token names no service`() throws {
        let file = try TemporaryFile("token", mode: 0o600)
        let gateway = try RunningGateway(["--token-file", file.path, "--workers", "1"])
        _ = try send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n", to: gateway)
        let found = try lines(gateway)
        #expect(found.count == 1 && found[0].hasPrefix("info access: POST / 413 client=A ms=N bytes_in=0 "), "\(found)")
    }

    @Test func `the gateway's own state counts the bytes that came`() throws {
        let gateway = try RunningGateway(["--access-log", "all", "--workers", "1"])
        let paths = ["/metrics", "/readyz", "/services", "/healthz"]
        for path in paths {
            _ = try send(
                "GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", to: gateway)
        }
        let starts = try lines(gateway).map { String($0.split(separator: " bytes_out=")[0]) }
        #expect(starts == paths.map { "info access: GET \($0) 200 client=A ms=N bytes_in=5" })
    }

    @Test func `off has none`() throws {
        let gateway = try RunningGateway(["--access-log", "off", "--workers", "1"])
        _ = try send(Self.post("/none", "a"), to: gateway)
        #expect(try lines(gateway).isEmpty)
    }

    /// Bytes that never become a request have a line with the part that was read.
    @Test func `failures before there is a request have lines`() throws {
        let gateway = try RunningGateway([
            "--workers", "1", "--max-datagram", "10", "--max-head", "200", "--max-request-line", "100",
            "--header-timeout", "50ms", "--body-timeout", "50ms", "--max-fields", "3",
        ])
        let requests = [
            "no request\r\n\r\n", "\u{16}\u{3}\u{1}\r\n\r\n", "GET /a\u{1b}[31m HTTP/1.1\r\n\r\n",
            "GET /x HTTP/3.0\r\n\r\n",
            Self.post("/big", "12345678901"), Self.post("/", "12345678901"),
            "GET /\(String(repeating: "a", count: 100)) HTTP/1.1\r\n\r\n",
            "GET /h HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 200))\r\n\r\n",
            "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab", "GET /slower HTT",
        ]
        for request in requests { _ = try send(request, to: gateway) }
        let found = try lines(gateway).map { String($0.split(separator: " client=")[0]) }
        #expect(
            found == [
                "info access: no request 400", "info access: - - 400", "info access: GET /a\\x1b[31m 400",
                "warning access: GET /x 505", "info access: POST /big 413", "info access: POST / 413",
                "info access: GET /\(String(repeating: "a", count: 100)) 414", "info access: GET /h 431",
                "info access: POST /slow 408", "info access: GET /slower 408",
            ])
    }

    @Test func `a client that leaves has a line`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway(
            ["--workers", "1", "--service", "/many \(peer.address) replies=all wait=60s"],
            upstream: UDPPeer.closedAddress())
        try TCPConnection(to: gateway.address).send("POST /partial HTTP/1.1\r\nContent-Len")
        try gateway.metrics { $0["http_connections"] == 1 }
        try leave(gateway, with: Self.post("/many", "hello"), from: peer)
        try gateway.metrics { $0["http_connections"] == 1 }
        let found = try lines(gateway)
        #expect(found.count == 2)
        #expect(found[0].hasPrefix("info access: POST /partial 499 client=A ms=N bytes_in="))
        #expect(found[0].hasSuffix(" error=client_closed_request"))
        #expect(
            found[1]
                == "info access: POST /many 499 client=A service=/many attempts=1 backend=A ms=N upstream_ms=N bytes_in=5 bytes_out=0 error=client_closed_request"
        )
    }

    /// Resets a connection once its datagram has arrived.
    private func leave(_ gateway: RunningGateway, with request: String, from peer: UDPPeer) throws {
        let connection = try TCPConnection(to: gateway.address)
        connection.resetWhenClosed()
        connection.send(request)
        _ = try peer.receive()
    }

    @Test func `a client that does not read has a line`() throws {
        let gateway = try RunningGateway(["--workers", "1", "--write-timeout", "20ms"])
        let client = try TCPConnection(to: gateway.address)
        let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        client.send(String(repeating: request, count: 1000))
        _ = try gateway.program.error(containing: "error=client_stopped_reading")
        let found = try lines(gateway)
        #expect(found.count == 1 && found[0].hasPrefix("info access: - - 499 client=A"))
        #expect(found[0].contains("bytes_unsent="))
        withExtendedLifetime(client) {}
    }

    @Test func `a connection that is one too many has a line`() throws {
        let gateway = try RunningGateway(["--workers", "1", "--max-connections", "1"])
        let held = try TCPConnection(to: gateway.address)
        held.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nG")
        _ = try held.receive(until: "ok\n")
        _ = try send(Self.post("/", "hello"), to: gateway)
        _ = try gateway.program.error(containing: "error=connection_limit_reached")
        held.send("ET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        _ = try held.receiveToEnd()
        let found = try lines(gateway)
        #expect(found.count == 1 && found[0].hasPrefix("warning access: "), "\(found)")
    }

    /// Standard error is read when the test wants it to be: its pipe holds 65,536 bytes.
    @Test func `a reader that stalls costs lines, and is told how many`() throws {
        let gateway = try RunningGateway(["--workers", "1", "--max-access-log", "4096"])
        let connection = try TCPConnection(to: gateway.address)
        let count = 2000
        for _ in 0..<count {
            connection.send("GET /none HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try connection.receive(until: "}\n")
        }
        let dropped = try #require(try gateway.metrics()["access_log_dropped_total"])
        #expect(dropped > 0 && dropped < count)
        try gateway.program.error { text in
            let lines = text.split(separator: "\n")
            let told = lines.compactMap { $0.firstMatch(of: /is full dropped=([0-9]+)$/).flatMap { Int($0.1) } }
            return lines.count { $0.contains(" GET /none 404 ") } + told.reduce(0, +) == count
        }
        #expect(try gateway.metrics()["access_log_dropped_total"] == dropped)
    }

    @Test func `each object is valid, whatever a caller sends`() throws {
        let gateway = try RunningGateway(
            ["--workers", "1", "--access-log", "all", "--log-format", "json"])
        let paths = ["/\"", "/a\\b", "/\u{e9}", "/%00%ff", "/a\u{7f}", "/{}[]'"]
        for path in paths { _ = try send(Self.post(path, "x"), to: gateway) }
        let connection = try TCPConnection(to: gateway.address)
        connection.send(
            Array("GET /\u{1}".utf8) + [0xFF, 0xC0, 0x80, 0xED, 0xA0, 0x80] + Array(" HTTP/1.1\r\n\r\n".utf8))
        _ = try connection.receiveToEnd()
        _ = try send(Self.post("/", "hello"), to: gateway)
        let lines = try gateway.program.ending(after: SIGTERM).errorLines.filter { $0.contains("\"access\"") }
        let objects = try lines.map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any], "\($0)")
        }
        try #require(objects.count == paths.count + 2)
        #expect(objects[0]["path"] as? String == "/\"")
        #expect(objects[1]["path"] as? String == "/a\\x5cb")
        let last = try #require(objects.last)
        #expect(
            Set(last.keys) == [
                "time", "level", "logger", "message", "method", "path", "status", "client", "service", "attempts",
                "backend",
                "ms", "upstream_ms", "bytes_in", "bytes_out",
            ])
        #expect(last["status"] as? Int == 200 && last["bytes_in"] as? Int == 5 && last["method"] as? String == "POST")
        #expect(try #require(last["ms"] as? Double) >= #require(last["upstream_ms"] as? Double))
    }

    /// The content of a stream has a last line where a reply is missing.
    @Test func `the bytes of a stream`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway(
            ["--access-log", "all", "--service", "/all \(peer.address) replies=2 wait=300ms"],
            upstream: UDPPeer().address)
        let connection = try TCPConnection(to: gateway.address)
        connection.send(
            "POST /all HTTP/1.1\r\nHost: a\r\nAccept: application/x-ndjson\r\nContent-Length: 1\r\n\r\na")
        try peer.reply("one")
        let response = try connection.receive(until: "\r\n0\r\n\r\n")
        let chunks = response.split(separator: "\r\n", omittingEmptySubsequences: false).filter { $0.hasPrefix("{") }
        #expect(chunks.count == 2)
        let line = try gateway.program.errorLine(containing: " access: ")
        let count = try #require(line.firstMatch(of: /bytes_out=(\d+)/)).1
        #expect(Int(count) == chunks.reduce(0) { $0 + $1.utf8.count }, "\(line)")
    }

    /// It is for a service, also where it is refused before it is sent.
    @Test func `a form for another service`() throws {
        let gateway = try RunningGateway(
            ["--service", "/cap \(UDPPeer().address) max-datagram=4"], upstream: UDPPeer().address)
        let type = "Content-Type: application/x-www-form-urlencoded\r\n"
        #expect(try send(Self.post("/form", "text=hello&to=/cap", type), to: gateway).hasPrefix("HTTP/1.1 413 "))
        #expect(try gateway.program.errorLine(containing: " access: ").contains(" service=/cap "))
    }
}
