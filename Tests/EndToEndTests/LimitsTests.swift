import CurlClient
import System
import Testing

/// The limits of connections and descriptors, and callers of other origins.
@Suite struct LimitsTests {
    private static let request = "POST / HTTP/1.1\r\nHost: letterbox\r\nContent-Length: 5\r\n\r\nhello"
    private static let beginning = "POST / HTTP/1.1\r\nHost: letterbox\r\nContent-Length: 5\r\n\r\nhe"

    @Test func `the connection that is idle longest makes room, and without one the newest is turned away`() throws {
        let gateway = try RunningGateway(["--max-connections", "2", "--workers", "1"])
        let idle = try TCPConnection(to: gateway.address)
        idle.send(Self.request)
        _ = try idle.receive(until: "HELLO")
        let busy = try TCPConnection(to: gateway.address)
        busy.send(Self.request)
        _ = try busy.receive(until: "HELLO")
        busy.send(Self.beginning)
        // The gateway has read the beginning when a third connection is served: that has come later.
        let third = try TCPConnection(to: gateway.address)
        third.send(Self.request)
        _ = try third.receive(until: "HELLO")
        #expect(try idle.receiveToEnd().isEmpty)
        // Each of these takes the place of one that is idle, and is itself idle until the gateway has read its beginning.
        var (answer, crowd) = ("", [third])
        for _ in 0..<100 where !answer.contains("503") {
            let begun = try TCPConnection(to: gateway.address)
            begun.send(Self.beginning)
            crowd.append(begun)
            let late = try TCPConnection(to: gateway.address)
            late.send("GET /healthz HTTP/1.1\r\nHost: letterbox\r\nConnection: close\r\n\r\n")
            answer = (try? late.receiveToEnd()) ?? ""
        }
        #expect(answer.hasPrefix("HTTP/1.1 503 "))
        #expect(answer.contains("\r\nRetry-After: 1\r\n") && answer.contains("\r\nConnection: close\r\n"))
        busy.send("llo")
        #expect(try !busy.receive(until: "HELLO").isEmpty)
        withExtendedLifetime(crowd) {}
    }

    @Test func `a gateway without descriptors goes on when there are some again`() throws {
        let program = try Program(
            "/bin/sh",
            [
                "-c",
                "ulimit -n 20; exec '\(Binaries.letterbox)' --port 0 --server-port 0 --workers 1 --max-connections 100 --max-sockets 1",
            ])
        let line = try program.errorLine(startingWith: "The gateway is ready: http://")
        let port = try #require(line.split(separator: " ")[4].split(separator: ":").last.flatMap { UInt16($0) })
        let address = try #require(SocketAddress("127.0.0.1", port: port))
        var crowd: [TCPConnection] = []
        for _ in 0..<40 {
            let connection = try TCPConnection(to: address)
            connection.send(Self.beginning)
            crowd.append(connection)
        }
        // The log's line, by its year, that no descriptor is left.
        _ = try program.errorLine(startingWith: "20")
        crowd.removeAll()
        let client = CurlClient()
        #expect(try client.post("http://127.0.0.1:\(port)/", Array("hello".utf8)).status == 200)
        // It did run out of them.
        let metrics = try #require(try client.get("http://127.0.0.1:\(port)/metrics").text)
        #expect(metrics.contains("letterbox_http_descriptor_shortages_total "))
        #expect(!metrics.contains("letterbox_http_descriptor_shortages_total 0\n"))
    }

    /// Ready and deaf is worse than not started.
    @Test func `a gateway without descriptors for a request does not start`() throws {
        let ending = try Program(
            "/bin/sh",
            ["-c", "ulimit -n 20; exec '\(Binaries.letterbox)' --port 0 --server-port 0 --workers 2"]
        ).ending()
        #expect(ending.status == 2, "\(ending)")
        #expect(ending.error.contains("ulimit -n") && !ending.error.contains("ready"), "\(ending)")
    }

    @Test func `only pages of allowed origins may send and read replies`() throws {
        let gateway = try RunningGateway(["--allow-origin", "https://a.example"])
        let ask = { (origin: String, method: String) in
            try CurlClient().perform(
                CurlRequest(
                    gateway.url, method: method,
                    fields: ["Origin": origin, "Access-Control-Request-Method": "POST"],
                    body: method == "POST" ? .text("hello") : .none))
        }
        let preflight = try ask("https://a.example", "OPTIONS")
        #expect(preflight.status == 204)
        #expect(preflight.fields["Access-Control-Allow-Origin"] == "https://a.example")
        #expect(preflight.fields["Access-Control-Allow-Methods"] == "GET, HEAD, POST")
        let reply = try ask("https://a.example", "POST")
        #expect(reply.text == "HELLO")
        #expect(reply.fields["Access-Control-Allow-Origin"] == "https://a.example")
        #expect(reply.fields["Vary"] == "Origin")
        let stranger = try ask("https://b.example", "POST")
        #expect(stranger.status == 403)
        #expect(stranger.fields["Access-Control-Allow-Origin"] == nil)
        #expect(stranger.fields["Vary"] == "Origin")
        let closed = try RunningGateway()
        #expect(try CurlClient().get("\(closed.url)/").fields["Vary"] == nil)
    }
}
