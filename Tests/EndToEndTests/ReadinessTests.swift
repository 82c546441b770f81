import CurlClient
import Glibc
import System
import Testing

/// Whether new requests should come to a gateway, as /readyz says, and what it does before it ends.
@Suite struct ReadinessTests {
    private func readiness(_ gateway: RunningGateway) throws -> CurlResponse {
        try CurlClient().perform(CurlRequest("\(gateway.url)/readyz", timeout: Program.timeLimit))
    }

    @Test func `a gateway is ready as long as its service replies`() throws {
        let gateway = try RunningGateway()
        #expect(try readiness(gateway).status == 200)
        #expect(try readiness(gateway).text == "ready\n")
        #expect(try gateway.post("hello").text == "HELLO")
        #expect(try readiness(gateway).status == 200)
    }

    @Test func `it is not ready while every backend is down`() throws {
        let gateway = try RunningGateway(
            ["--workers", "1", "--timeout", "3600s", "--attempts", "20"], upstream: UDPPeer.closedAddress())
        #expect(try readiness(gateway).status == 200)
        // The breaker opens after five reports in a row.
        for _ in 0..<5 { #expect(try gateway.post("hello").status == 502) }
        let response = try readiness(gateway)
        #expect(response.status == 503)
        #expect(response.fields["Content-Type"] == "application/problem+json")
        // Liveness is another question.
        #expect(try CurlClient().perform(CurlRequest("\(gateway.url)/healthz")).status == 200)
    }

    /// A service that is down, or whose name is unknown, takes the gateway from no caller of the others.
    @Test(arguments: ["/down CLOSED timeout=60s attempts=20", "/down unknown.invalid:9"])
    func `it is ready while one of its services can be asked`(service: String) throws {
        let well = try RunningServer()
        let closed = UDPPeer.closedAddress()
        let gateway = try RunningGateway(
            ["--workers", "1", "--service", service.replacing("CLOSED", with: "\(closed)")], upstream: well.address)
        for _ in 0..<5 {
            let answer = try CurlClient().perform(CurlRequest("\(gateway.url)/down", body: .text("hello")))
            #expect(answer.status == (service.contains("CLOSED") ? 502 : 503))
        }
        #expect(try gateway.post("hello").status == 200)
        #expect(try readiness(gateway).status == 200)
    }

    @Test func `it is not ready while all of its services are down`() throws {
        let closed = [UDPPeer.closedAddress(), UDPPeer.closedAddress()]
        let gateway = try RunningGateway(
            [
                "--workers", "1", "--timeout", "60s", "--attempts", "20", "--service",
                "/two \(closed[1]) timeout=60s attempts=20",
            ], upstream: closed[0])
        for path in ["/", "/two"] {
            #expect(try readiness(gateway).status == 200)
            for _ in 0..<5 {
                let answer = try CurlClient().perform(CurlRequest("\(gateway.url)\(path)", body: .text("hello")))
                #expect(answer.status == 502)
            }
        }
        let response = try readiness(gateway)
        #expect(response.status == 503)
        #expect(response.text?.contains("No address of the UDP service at / replies.") == true)
    }

    @Test func `it is not ready while no service has an address`() throws {
        let program = try Program.letterbox(
            "gateway", "--port", "0", "--service", "/a unknown.invalid:9", "--service", "/b unknown.invalid:9")
        let line = try program.errorLine(startingWith: "The gateway is ready: ")
        let url = line.split(separator: " ")[4]
        let response = try CurlClient().get("\(url)/readyz")
        #expect(response.status == 503)
        #expect(response.text?.contains("The name of the UDP service at /a does not resolve.") == true)
    }

    /// A caller whose payloads get no reply takes the service from no other caller; the operator's own datagram may.
    @Test(arguments: [true, false]) func `silence is proof to the operator alone`(isProbed: Bool) throws {
        let silent = UDPPeer()
        let more = isProbed ? ["--probe-text", "ping", "--probe-interval", "100ms"] : []
        let gateway = try RunningGateway(
            ["--workers", "1", "--timeout", "50ms", "--min-retransmit", "50ms"] + more, upstream: silent.address)
        if isProbed {
            try wait { try readiness(gateway).status == 503 }
        } else {
            for _ in 0..<10 { #expect(try gateway.post("hello").status == 504) }
            #expect(try readiness(gateway).status == 200)
        }
    }

    @Test(arguments: [1, 2]) func `told to end, it serves on for as long as --drain-delay says`(workers: Int) throws {
        let gateway = try RunningGateway(["--workers", "\(workers)", "--drain-delay", "3600s"])
        let watched = try connections(toEachOf: workers, of: gateway)
        let kept = try TCPConnection(to: gateway.address)
        kept.send("GET /readyz HTTP/1.1\r\nHost: letterbox\r\n\r\n")
        #expect(try !kept.receive(until: "ready\n").contains("Connection: close"))

        gateway.program.signal(SIGTERM)
        for connection in watched { try wait { try !isReady(connection) } }

        // An old connection gets its answer, and ends; a new one is served.
        kept.send("POST / HTTP/1.1\r\nHost: letterbox\r\nContent-Length: 3\r\n\r\nold")
        let last = try kept.receiveToEnd()
        #expect(last.contains("\r\nConnection: close\r\n") && last.hasSuffix("OLD"), "\(last)")
        let new = try gateway.post("new")
        #expect(new.text == "NEW")
        #expect(new.fields["Connection"] == "close")

        // A second signal does not wait.
        #expect(try gateway.program.ending(after: SIGTERM).status == 0)
    }

    @Test func `after the delay it ends`() throws {
        let gateway = try RunningGateway(["--drain-delay", "1ms"])
        #expect(try gateway.post("hello").text == "HELLO")
        #expect(try gateway.program.ending(after: SIGTERM).status == 0)
    }

    @Test(arguments: [("86400s", true), ("86401s", false)]) func `the delay has a limit`(delay: String, fits: Bool)
        throws
    {
        if fits {
            let gateway = try RunningGateway(["--drain-delay", delay])
            #expect(try readiness(gateway).status == 200)
        } else {
            let ending = try Program.letterbox("gateway", "--port", "0", "--drain-delay", delay).ending()
            #expect(ending.status == 64)
            #expect(ending.error.contains("--drain-delay"))
        }
    }

    /// Opens a connection to each worker, for each goes to the one with the fewest.
    private func connections(toEachOf workers: Int, of gateway: RunningGateway) throws -> [TCPConnection] {
        try (0..<workers).map { _ in
            let connection = try TCPConnection(to: gateway.address)
            #expect(try isReady(connection))
            return connection
        }
    }

    private func isReady(_ connection: TCPConnection) throws -> Bool {
        connection.send("GET /readyz HTTP/1.1\r\nHost: letterbox\r\n\r\n")
        let response = try connection.receive(until: "\r\n\r\n")
        try #require(!response.isEmpty, "the gateway closed the connection")
        return !response.contains("HTTP/1.1 503 ")
    }

    private func wait(until condition: () throws -> Bool) throws {
        let deadline = ContinuousClock.now + Program.timeLimit
        while try !condition() { try #require(ContinuousClock.now < deadline) }
    }
}
