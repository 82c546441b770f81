import CurlClient
import System
import Testing

/// Services that send no reply, and callers that do not wait for one.
@Suite struct OneWayTests {
    private func gateway(_ addresses: [SocketAddress], _ options: String = "") throws -> RunningGateway {
        let targets = addresses.map { "\($0)" }.joined(separator: " ")
        return try RunningGateway(
            ["--timeout", "3600s", "--service", "/log \(targets) replies=0 \(options)"], upstream: UDPPeer().address)
    }

    private func post(
        _ text: String, to gateway: RunningGateway, at path: String = "/log", _ fields: CurlFields = [:],
        _ client: CurlClient = CurlClient()
    ) throws -> CurlResponse {
        try client.perform(
            CurlRequest(gateway.url + path, fields: fields, body: .text(text), timeout: Program.timeLimit))
    }

    @Test func `every datagram is sent, and its request answered at once`() throws {
        let peer = UDPPeer()
        let gateway = try gateway([peer.address])
        let client = CurlClient()
        for number in 0..<300 {
            let response = try post("line \(number)", to: gateway, client)
            #expect(response.status == 202 && response.fields["Content-Length"] == "0")
            #expect(try peer.receive().bytes == Array("line \(number)".utf8))
        }
        let metrics = try gateway.metrics()
        #expect(metrics["udp_timeouts_total"] == 0 && metrics["udp_sockets_quarantined"] == 0)
        #expect(metrics["udp_sockets"] == 1, "one socket carries them all")
    }

    private func post(
        _ text: String, to gateway: RunningGateway, _ client: CurlClient
    ) throws -> CurlResponse { try post(text, to: gateway, at: "/log", [:], client) }

    @Test(arguments: ["/log", "/"]) func `its trace has the time and the port`(path: String) throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway(["--service", "/log \(peer.address) replies=0"], upstream: peer.address)
        let response = try post(
            "a", to: gateway, at: path, ["Accept": "application/json", "Prefer": "respond-async"])
        #expect(response.status == 202)
        let text = try #require(response.text)
        let found = try #require(
            text.firstMatch(of: #/"total":([0-9.]+),.*"kind":"sent","at":([0-9.]+),.*"localPort":([0-9]+)\}/#))
        let (total, time) = (try #require(Double(found.1)), try #require(Double(found.2)))
        #expect(total >= time && time > 0, "\(text)")
        #expect(Int(found.3) == Int(try peer.receive().sender.port), "\(text)")
    }

    @Test func `replies that come all the same are thrown away and counted`() throws {
        let peer = UDPPeer()
        let gateway = try gateway([peer.address])
        #expect(try post("a", to: gateway).status == 202)
        let sender = try peer.receive().sender
        for _ in 0..<3 { peer.send("unasked", to: sender) }
        try gateway.metrics { $0["udp_unasked_replies_total"] == 3 }
        #expect(try post("b", to: gateway).status == 202)
        #expect(try peer.receive().sender == sender)
    }

    @Test func `a refusal that came back is told to the next caller`() throws {
        let gateway = try gateway([UDPPeer.closedAddress()])
        #expect(try post("a", to: gateway).status == 202)
        let deadline = ContinuousClock.now + Program.timeLimit
        var refusal = try post("b", to: gateway)
        while refusal.status == 202 {
            try #require(ContinuousClock.now < deadline)
            refusal = try post("b", to: gateway)
        }
        #expect(refusal.status == 502)
        #expect(refusal.fields["Proxy-Status"] == "letterbox; error=connection_refused")
    }

    @Test func `another address takes what one does not`() throws {
        let peer = UDPPeer()
        let gateway = try gateway([UDPPeer.closedAddress(), peer.address])
        let deadline = ContinuousClock.now + Program.timeLimit
        // The kernel limits its refusals.
        for number in 0... {
            try #require(ContinuousClock.now < deadline)
            let fields: CurlFields = ["Accept": "application/json", "Prefer": "respond-async"]
            let response = try post("\(number)", to: gateway, at: "/log", fields)
            #expect(response.status == 202)
            let steps = try #require(response.text).matches(of: /"kind":"([a-z]+)"/).map(\.1)
            if steps == ["sent"] { continue }
            // The report of an earlier one came back, and this one goes to the other address.
            try #require(steps == ["refused", "sent"])
            while try peer.receive().bytes != Array("\(number)".utf8) {}
            return
        }
    }

    @Test func `a caller need not wait for the reply of any service`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway(["--timeout", "3600s"], upstream: peer.address)
        for wish in ["respond-async", "handling=lenient, Respond-Async", "respond-async; x=1"] {
            let response = try post(wish, to: gateway, at: "/", ["Prefer": wish])
            #expect(response.status == 202 && response.fields["Preference-Applied"] == "respond-async", "\(wish)")
            #expect(try peer.receive().bytes == Array(wish.utf8))
        }
        let told = try post("told", to: gateway, at: "/", ["Prefer": "respond-async", "Accept": "application/json"])
        #expect(try #require(told.text).hasPrefix("{\"exchange\":{\"attempts\":1,"))
    }

    @Test func `a form is told that there is no reply`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway(
            Program(
                Binaries.letterbox,
                ["gateway", "--port", "0", "--access-log", "all", "--service", "/ \(peer.address) replies=0"]))
        let response = try post(
            "text=hello", to: gateway, at: "/form", ["Content-Type": "application/x-www-form-urlencoded"])
        #expect(response.status == 202)
        #expect(try #require(response.text).contains("This service sends no reply."))
        #expect(try peer.receive().bytes == Array("hello".utf8))
        let line = try gateway.program.errorLine(containing: " access: POST /form 202 ")
        #expect(line.contains(" attempts=1 "), "\(line)")
    }

    /// The datagram waits until another service has left it a socket, and goes its way without its caller.
    @Test(arguments: ["POST /form", "POST /log"]) func `a caller that leaves takes nothing along`(line: String) throws {
        let (slow, log) = (UDPPeer(), UDPPeer())
        let gateway = try RunningGateway(
            Program(
                Binaries.letterbox,
                ["gateway", "--port", "0", "--workers", "1", "--max-sockets", "4", "--timeout", "3600s"]
                    + ["--service", "/ \(slow.address)", "--service", "/log \(log.address) replies=0"]))
        let waiting = try (0..<4).map { _ in
            let connection = try TCPConnection(to: gateway.address)
            connection.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nConnection: close\r\n\r\na")
            return (connection, try slow.receive().sender)
        }
        do {
            let caller = try TCPConnection(to: gateway.address)
            caller.send(
                "\(line) HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                    + "Content-Length: 16\r\n\r\nto=%2Flog&text=x")
            try gateway.metrics { $0["udp_exchanges_in_flight"] == 5 }
            caller.resetWhenClosed()
        }
        _ = try gateway.metrics()
        for (connection, sender) in waiting {
            slow.send("b", to: sender)
            #expect(try connection.receiveToEnd().hasSuffix("b"))
        }
        _ = try log.receive()
        try gateway.metrics { $0["udp_exchanges_in_flight"] == 0 }
    }
}
