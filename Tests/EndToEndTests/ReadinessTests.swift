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

    @Test func `it is not ready while one of its services is down`() throws {
        let well = try RunningServer()
        let gateway = try RunningGateway(
            ["--workers", "1", "--service", "/down \(UDPPeer.closedAddress()) timeout=60s attempts=20"],
            upstream: well.address)
        for _ in 0..<5 {
            #expect(try CurlClient().perform(CurlRequest("\(gateway.url)/down", body: .text("hello"))).status == 502)
        }
        #expect(try gateway.post("hello").status == 200)
        let response = try readiness(gateway)
        #expect(response.status == 503)
        #expect(response.text?.contains("No address of the UDP service at /down replies.") == true)
    }

    @Test(arguments: [1, 2]) func `told to end, it serves on for as long as --drain-delay says`(workers: Int) throws {
        let gateway = try RunningGateway(["--workers", "\(workers)", "--drain-delay", "3600s"])
        let kept = try TCPConnection(to: gateway.address)
        kept.send("GET /readyz HTTP/1.1\r\nHost: letterbox\r\n\r\n")
        #expect(try !kept.receive(until: "ready\n").contains("Connection: close"))

        gateway.program.signal(SIGTERM)
        try wait(forEveryWorkerOf: gateway)

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

    /// Waits until so many connections in a row were refused that each worker has had one.
    private func wait(forEveryWorkerOf gateway: RunningGateway) throws {
        var inARow = 0
        let deadline = ContinuousClock.now + Program.timeLimit
        while inARow < 16 {
            inARow = try readiness(gateway).status == 503 ? inARow + 1 : 0
            try #require(ContinuousClock.now < deadline)
        }
    }
}
