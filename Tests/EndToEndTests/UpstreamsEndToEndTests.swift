import CurlClient
import EventLoop
import Glibc
import System
import Synchronization
import TestSupport
import Testing

/// The UDP leg as callers meet it: several services, a bad network, and what they are told about it.
@Suite struct UpstreamsEndToEndTests {
    /// The results of many requests, each with a body of its own.
    private struct Tally: CustomStringConvertible {
        var right = 0
        var wrong = 0
        /// How many had another status than 200, or no response at all, which counts as 0.
        var failed: [Int: Int] = [:]

        var description: String { "\(right) right, \(wrong) wrong, failed by status: \(failed)" }
    }

    private func post(_ count: Int, to gateway: RunningGateway, concurrency: Int = 64) -> Tally {
        let requests = (0..<count).map { number in
            CurlRequest("\(gateway.url)/", body: .text("letter \(number)."), timeout: Program.timeLimit)
        }
        var tally = Tally()
        for (number, outcome) in performAll(requests, concurrency: concurrency).enumerated() {
            guard let response = try? outcome.get(), response.status == 200 else {
                tally.failed[(try? outcome.get())?.status ?? 0, default: 0] += 1
                continue
            }
            if response.text == "LETTER \(number)." { tally.right += 1 } else { tally.wrong += 1 }
        }
        return tally
    }

    @Test func `one of two services may be killed under load`() async throws {
        let (first, second) = (try RunningServer(), try RunningServer())
        let gateway = try RunningGateway(
            ["--upstream", "\(second.address)", "--attempts", "3", "--timeout", "30s"], upstream: first.address)
        let isOver = Mutex(false)
        // In the middle of it: the load is on another thread than the killer.
        async let killing: Void = Thread.blocking {
            defer { isOver.withLock { $0 = true } }
            try gateway.metrics { $0["udp_replies_total", default: 0] > 1000 }
            _ = try first.program.ending(after: SIGKILL)
        }
        var isLast = false
        repeat {
            // However late the killer is, one round more finds the service dead.
            isLast = isOver.withLock { $0 }
            let tally = post(2000, to: gateway, concurrency: 32)
            #expect(tally.right == 2000, "\(tally)")
        } while !isLast
        try await killing
        let metrics = try gateway.metrics()
        #expect(metrics["udp_refusals_total", default: 0] + metrics["udp_timeouts_total", default: 0] > 0)
        #expect(metrics["udp_exchanges_in_flight"] == 0)
    }

    // MARK: - A bad network

    /// A gateway, a server, and a bad network between them.
    private struct BadNetwork {
        let server: RunningServer
        let noise: (program: Program, address: SocketAddress)
        let gateway: RunningGateway

        init(_ impairments: [String], _ options: [String]) throws {
            server = try RunningServer()
            let program = try Program(
                Binaries.letterbox,
                ["noise", "--port", "0", "--to", "\(server.address)", "--seed", "7", "--max-clients", "20000"]
                    + impairments)
            let words = try program.errorLine(startingWith: "The noise is ready: ").split(separator: " ")
            noise = (program, try SocketAddress(udp: words[4]))
            gateway = try RunningGateway(options, upstream: noise.address)
        }
    }

    /// Doubles travel by themselves, so that many come when their exchange is over and another is under way.
    private static let doubles = ["--duplicate", "5%", "--delay", "5ms", "--jitter", "5ms"]

    @Test func `doubles and delays bring no reply to the wrong request`() throws {
        let network = try BadNetwork(Self.doubles, ["--timeout", "30s", "--attempts", "3", "--rest", "500ms"])
        let tally = post(20_000, to: network.gateway)
        // A very slow machine may lose some itself, in the queues of the kernel; none goes wrong even there.
        #expect(tally.wrong == 0 && tally.right >= 19_900, "\(tally)")
        // The network did what it was told to.
        let metrics = try network.gateway.metrics()
        #expect(metrics["udp_late_replies_total", default: 0] + metrics["udp_doubled_replies_total", default: 0] > 1000)
    }

    /// The proof that the test above can fail: after the first second reply every reply is an earlier request's.
    @Test func `the same network brings wrong replies to a socket that does not rest`() throws {
        let network = try BadNetwork(Self.doubles, [])
        let socket = try BlockingDatagramSocket(.ipv4)
        let wrong = try (0..<200).count { number in
            try socket.send(Array("letter \(number)".utf8), to: network.noise.address)
            return try socket.receive(upTo: 100).datagram != Array("LETTER \(number)".utf8)
        }
        #expect(wrong > 20)
    }

    @Test func `lost datagrams are made good`() throws {
        // Slow replies must not use up the retransmissions that are meant for lost ones.
        let options = ["--attempts", "5", "--timeout", "30s", "--min-retransmit", "100ms"]
        let network = try BadNetwork(["--loss", "2%"], options)
        let tally = post(5000, to: network.gateway, concurrency: 32)
        #expect(tally.wrong == 0 && tally.right >= 4995, "\(tally)")
        #expect(try network.gateway.metrics()["udp_retransmissions_total", default: 0] >= 100)
    }

    // MARK: - What callers say and are told

    private func preferring(_ wait: String, _ gateway: RunningGateway) throws -> CurlResponse {
        try CurlClient().perform(
            CurlRequest(
                "\(gateway.url)/", fields: ["Prefer": wait], body: .text("hello"), timeout: Program.timeLimit))
    }

    @Test(arguments: [("wait=1", "wait=1"), ("respond-async, wait=2", "wait=2"), ("wait=60", nil), ("wait=0", nil)])
    func `a caller may wait for a shorter time`(preference: String, applied: String?) throws {
        let gateway = try RunningGateway(["--timeout", "59s"])
        let response = try preferring(preference, gateway)
        #expect(response.status == 200 && response.text == "HELLO")
        #expect(response.fields["Preference-Applied"] == applied)
    }

    /// The operator's limit is an hour: it was the caller's second that ended the wait.
    @Test func `a caller's wait ends the exchange`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway(["--timeout", "3600s"], upstream: peer.address)
        let response = try preferring("wait=1", gateway)
        #expect(response.status == 504)
        #expect(try #require(response.text).contains("within 1s (1 datagram sent)"))
    }

    @Test func `the trace of an exchange has its retransmission`() throws {
        let peer = UDPPeer()
        // The second datagram goes out after 100 ms.
        let gateway = try RunningGateway(["--attempts", "9", "--timeout", "51100ms"], upstream: peer.address)
        let connection = try TCPConnection(to: gateway.address)
        connection.send(
            "POST / HTTP/1.1\r\nHost: letterbox\r\nAccept: application/json\r\nContent-Length: 5\r\n\r\nhello")
        let (first, second) = (try peer.receive(), try peer.receive())
        #expect(first.sender == second.sender)
        peer.send("HELLO!", to: first.sender)
        let text = try connection.receive(until: "]}}\n")
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(text.contains("\r\nContent-Type: application/json\r\n"))
        #expect(text.contains(/\r\nServer-Timing: udp;desc="\d+ attempts";dur=[\d.]+\r\n/))
        #expect(text.contains("{\"reply\":\"HELLO!\",\"exchange\":{\"attempts\":"))
        let place = "\"upstream\":\"\(peer.address)\",\"localPort\":\(first.sender.port)}"
        for (kind, bytes) in [("sent", 5), ("retransmitted", 5), ("received", 6)] {
            let steps = text.matches(of: /\{"kind":"(\w+)","at":[\d.e-]+,"bytes":(\d+),([^}]*})/).filter {
                $0.1 == kind && $0.2 == "\(bytes)" && $0.3 == place
            }
            #expect(kind == "retransmitted" ? !steps.isEmpty : steps.count == 1, "\(kind) in \(text)")
        }
    }

    @Test func `one exchange too many is turned away with a time to come again`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway(
            ["--max-in-flight", "1", "--workers", "1", "--timeout", "3600s"], upstream: peer.address)
        let connection = try TCPConnection(to: gateway.address)
        connection.send("POST / HTTP/1.1\r\nHost: letterbox\r\nContent-Length: 3\r\n\r\none")
        let sender = try peer.receive().sender
        let response = try gateway.post("two")
        #expect(response.status == 503)
        #expect(response.fields["Retry-After"] == "1")
        #expect(response.fields["Proxy-Status"] == "letterbox; error=connection_limit_reached")
        peer.send("ONE", to: sender)
        #expect(try connection.receive(until: "ONE").hasPrefix("HTTP/1.1 200 OK\r\n"))
        let metrics = try gateway.metrics()
        #expect(metrics["udp_overloads_total"] == 1 && metrics["udp_datagrams_sent_total"] == 1)
    }

    /// Silence is no proof of death: a service need not answer everything, and the last one is always asked.
    @Test func `a service that keeps silent is asked all the same`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway(["--workers", "1", "--timeout", "30ms"], upstream: peer.address)
        for _ in 0..<12 { #expect(try gateway.post("anybody").status == 504) }
        let metrics = try gateway.metrics()
        #expect(metrics["udp_datagrams_sent_total"] == 12)
        #expect(metrics["udp_upstream_up"] == 0)
    }
}
