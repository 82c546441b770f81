import CurlClient
import System
import Testing

/// Each limit on what a request may have, set by its flag: what is at the limit is taken, one more is not.
@Suite struct LimitFlagsTests {
    private static let flags = [
        "--max-request-line", "30", "--max-head", "120", "--max-fields", "4", "--max-datagram", "10",
        "--max-empty-lines", "2", "--max-chunk-line", "6", "--max-chunk-extensions", "8", "--max-trailers", "12",
    ]

    private static func post(_ fields: String, _ body: String) -> String {
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(fields)\r\n\(body)"
    }

    private static func chunks(_ body: String) -> String { post("Transfer-Encoding: chunked\r\n", body) }

    private static func filler(_ count: Int) -> String { String(repeating: "a", count: count) }

    private static let cases: [(what: String, status: Int, request: String)] = [
        ("30 bytes of request line", 404, "GET /\(filler(16)) HTTP/1.0\r\n\r\n"),
        ("31 bytes of request line", 414, "GET /\(filler(17)) HTTP/1.0\r\n\r\n"),
        ("120 bytes of head", 200, post("X: \(filler(120 - 52))\r\n", "")),
        ("121 bytes of head", 431, post("X: \(filler(121 - 52))\r\n", "")),
        ("4 fields", 200, post("A: b\r\nA: b\r\n", "")),
        ("5 fields", 431, post("A: b\r\nA: b\r\nA: b\r\n", "")),
        ("10 bytes of content", 200, post("Content-Length: 10\r\n", filler(10))),
        ("11 bytes of content", 413, post("Content-Length: 11\r\n", filler(11))),
        ("10 bytes in chunks", 200, chunks("4\r\naaaa\r\n6\r\naaaaaa\r\n0\r\n\r\n")),
        ("11 bytes in chunks", 413, chunks("4\r\naaaa\r\n7\r\naaaaaaa\r\n0\r\n\r\n")),
        ("2 empty lines", 200, "\r\n\r\n" + post("", "")),
        ("3 empty lines", 400, "\r\n\r\n\r\n" + post("", "")),
        ("6 bytes of chunk line", 200, chunks("1;abcd\r\nx\r\n0\r\n\r\n")),
        ("7 bytes of chunk line", 400, chunks("1;abcde\r\nx\r\n0\r\n\r\n")),
        ("8 bytes of chunk extensions", 200, chunks("1;abc\r\nx\r\n1;abc\r\nx\r\n0\r\n\r\n")),
        ("9 bytes of chunk extensions", 400, chunks("1;abc\r\nx\r\n1;abcd\r\nx\r\n0\r\n\r\n")),
        ("12 bytes of trailers", 200, chunks("0\r\nA: bcdef\r\n\r\n")),
        ("13 bytes of trailers", 431, chunks("0\r\nA: bcdefg\r\n\r\n")),
    ]

    @Test func `each limit holds where its flag puts it`() throws {
        let gateway = try RunningGateway(Self.flags)
        for (what, status, request) in Self.cases {
            let connection = try TCPConnection(to: gateway.address)
            connection.send(request)
            let response = try connection.receiveToEnd()
            #expect(response.hasPrefix("HTTP/1.1 \(status) "), "\(what): \(response.prefix(20))")
        }
    }

    /// A client that still sends after the last response is read for so many bytes, the 12 of its request among them.
    @Test func `a connection lingers for as many bytes as its flag says`() throws {
        let gateway = try RunningGateway(["--max-linger", "22", "--linger-timeout", "3600s", "--workers", "1"])
        let connection = try refused(gateway)
        connection.send("123456789")
        // One thread serves both, in the order in which they came.
        #expect(try gateway.metrics()["http_connections"] == 2)
        connection.send("0")
        try gateway.metrics { $0["http_connections"] == 1 }
    }

    @Test func `a connection lingers for as long as its flag says`() throws {
        let gateway = try RunningGateway(["--linger-timeout", "20ms", "--workers", "1"])
        let connection = try refused(gateway)
        try gateway.metrics { $0["http_connections"] == 1 }
        withExtendedLifetime(connection) {}
    }

    /// A connection whose client has got its last response and has not ended its side.
    private func refused(_ gateway: RunningGateway) throws -> TCPConnection {
        let connection = try TCPConnection(to: gateway.address)
        connection.send("no request\r\n")
        #expect(try connection.receiveToEnd().hasPrefix("HTTP/1.1 400 "))
        return connection
    }
}
