import CurlClient
import Glibc
import System
import Testing

/// A second listener for what the gateway tells of itself.
@Suite struct AdminTests {
    private struct Listeners {
        let gateway: RunningGateway
        /// Where it tells of itself.
        let admin: String

        init(_ arguments: [String] = [], upstream: SocketAddress? = nil) throws {
            gateway = try RunningGateway(["--admin", "127.0.0.1:0"] + arguments, upstream: upstream)
            let line = try gateway.program.errorLine(startingWith: "Health and metrics are at ")
            admin = String(line.dropFirst("Health and metrics are at ".count))
        }

        func ask(_ path: String) throws -> CurlResponse {
            try CurlClient().perform(CurlRequest("\(admin)\(path)", timeout: Program.timeLimit))
        }
    }

    @Test(arguments: [1, 2]) func `it answers where the other is full, and tells what that had`(workers: Int) throws {
        let listeners = try Listeners(["--workers", "\(workers)", "--max-connections", "1"])
        let held = try TCPConnection(to: listeners.gateway.address)
        // A request under way cannot be closed for another.
        held.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel")
        #expect(try listeners.ask("/healthz").text == "ok\n")
        #expect(try listeners.ask("/readyz").text == "ready\n")
        #expect(try listeners.ask("/services").text?.contains("\"path\":\"/\"") == true)
        held.send("lo")
        _ = try held.receive(until: "HELLO")
        let metrics = try #require(try listeners.ask("/metrics").text)
        #expect(metrics.contains("\nletterbox_http_responses_total{code=\"200\"} 1\n"))
        #expect(metrics.contains("\nletterbox_http_connections 1\n") && metrics.contains("_connections_limit 1\n"))
    }

    @Test(arguments: ["/healthz", "/readyz", "/metrics", "/services"])
    func `each path is at one of the two`(path: String) throws {
        let listeners = try Listeners()
        #expect(try listeners.ask(path).status == 200)
        #expect(try CurlClient().perform(CurlRequest("\(listeners.gateway.url)\(path)")).status == 404)
        #expect(try CurlClient().perform(CurlRequest("\(listeners.admin)/", body: .text("hello"))).status == 404)
        #expect(try listeners.gateway.post("hello").text == "HELLO")
    }

    @Test func `it is not ready while a service is down, and until the end`() throws {
        let listeners = try Listeners(
            ["--workers", "1", "--timeout", "3600s", "--attempts", "20", "--drain-delay", "3600s"],
            upstream: UDPPeer.closedAddress())
        #expect(try listeners.ask("/readyz").status == 200)
        for _ in 0..<5 { #expect(try listeners.gateway.post("hello").status == 502) }
        #expect(try listeners.ask("/readyz").text?.contains("No address of the UDP service at / replies.") == true)
        listeners.gateway.program.signal(SIGTERM)
        let deadline = ContinuousClock.now + Program.timeLimit
        while try listeners.ask("/readyz").text?.contains("about to end") != true {
            try #require(ContinuousClock.now < deadline)
        }
        #expect(try listeners.ask("/healthz").status == 200)
        #expect(try listeners.gateway.program.ending(after: SIGTERM).status == 0)
    }

    @Test func `it ends with the other`() throws {
        let listeners = try Listeners()
        #expect(try listeners.ask("/healthz").status == 200)
        #expect(try listeners.gateway.program.ending(after: SIGTERM).status == 0)
    }

    /// A question to all workers gets an answer while they end, and does not delay the end.
    @Test(arguments: [1, 2]) func `questions that come at the end do not hold it up`(workers: Int) throws {
        let listeners = try Listeners(["--workers", "\(workers)", "--drain-timeout", "3600s"])
        let address = try SocketAddress(numeric: listeners.admin.dropFirst("http://".count))
        let question = "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"
        let connections = try (0..<8).map { _ in try TCPConnection(to: address) }
        for connection in connections { connection.send(String(repeating: question, count: 200)) }
        #expect(try listeners.gateway.program.ending(after: SIGTERM).status == 0)
    }

    /// They are not there for other connections and UDP sockets: 4 of the loop, 32 of refused connections, and the limit's.
    @Test(arguments: [
        (["--admin", "127.0.0.1:0"], 64), (["--admin", "127.0.0.1:0", "--max-admin-connections", "5"], 5),
    ])
    func `its descriptors count into the limit of descriptors`(flags: [String], most: Int) throws {
        func places(_ flags: [String]) throws -> Int {
            let command = "ulimit -n 1000; exec \"$@\""
            let words = [try Binaries.letterbox, "--check", "--workers", "1", "--server-port", "0"] + flags
            let ending = try Program("/bin/sh", ["-c", command, "sh"] + words).ending()
            let counts = try #require(ending.output.firstMatch(of: /at most (\d+) connections, .* (\d+) UDP sockets/))
            return (Int(counts.1) ?? 0) + (Int(counts.2) ?? 0)
        }
        func wanted(_ flags: [String]) throws -> Int {
            let ending = try Program(Binaries.letterbox, ["doctor", "--workers", "1"] + flags).ending()
            let count = try #require(ending.output.firstMatch(of: /(\d+) wanted for --max-connections/))
            return try #require(Int(count.1))
        }
        let own = 36 + most
        #expect(try places([]) == 1000 - 32 - 36)
        #expect(try places(flags) == 1000 - 32 - 36 - own)
        let (all, others) = (try wanted(flags), try wanted([]))
        #expect(all == others + own)
    }

    @Test func `it has a limit of its own`() throws {
        let listeners = try Listeners(["--max-admin-connections", "1"])
        let address = try SocketAddress(numeric: listeners.admin.dropFirst("http://".count))
        let first = try TCPConnection(to: address)
        first.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nG")
        _ = try first.receive(until: "ok\n")
        #expect(try listeners.ask("/healthz").status == 503)
        #expect(try listeners.gateway.post("hello").status == 200)
    }
}
