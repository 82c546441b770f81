import CurlClient
import Glibc
import System
import Testing

/// Failures behind the gateway and in front of it, after which the next request works.
@Suite struct FailureTests {
    @Test func `an upstream that refuses is 502 at once`() throws {
        let gateway = try RunningGateway(UDPPeer.persistently, upstream: UDPPeer.closedAddress())
        let response = try gateway.post("hello")
        #expect(response.status == 502)
        #expect(response.fields["Content-Type"] == "application/problem+json")
        #expect(response.fields["Proxy-Status"] == "letterbox; error=connection_refused")
        #expect(try #require(response.text).contains("\"status\":502"))
        #expect(try gateway.metrics()["udp_refusals_total"] == 1)
    }

    @Test func `a silent upstream is 504 at the deadline, asked once`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway(["--timeout", "50ms"], upstream: peer.address)
        let response = try gateway.post("hello")
        #expect(response.status == 504)
        #expect(response.fields["Proxy-Status"] == "letterbox; error=http_response_timeout")
        #expect(try #require(response.text).contains("within 50ms (1 datagram sent)"))
        let metrics = try gateway.metrics()
        #expect(metrics["udp_datagrams_sent_total"] == 1)
        #expect(metrics["udp_sockets_quarantined"] == 1)
    }

    @Test func `an upstream is asked as often as the operator says`() throws {
        let peer = UDPPeer()
        // After the time is over nothing is sent again, so that there is much of it.
        let gateway = try RunningGateway(["--timeout", "1400ms", "--attempts", "3"], upstream: peer.address)
        #expect(try gateway.post("hello").status == 504)
        let senders = try (0..<3).map { _ in try peer.receive().sender }
        #expect(Set(senders).count == 1)
    }

    @Test func `a reply longer than the limit is 502`() throws {
        let gateway = try RunningGateway(["--max-datagram", "5"])
        // Two bytes each, and three in capitals.
        let response = try gateway.post("ŉŉ")
        #expect(response.status == 502)
        #expect(response.fields["Proxy-Status"] == "letterbox; error=http_response_body_size")
        #expect(try gateway.post("short").text == "SHORT")
        #expect(try gateway.post("longer").status == 413)
    }

    @Test func `an upstream that dies and returns serves the next request`() throws {
        // A port of a loopback address that no connecting socket gets by chance, so that it is still free later.
        let first = try RunningServer(host: "127.0.0.78")
        let gateway = try RunningGateway(UDPPeer.persistently, upstream: first.address)
        #expect(try gateway.post("one").text == "ONE")
        _ = try first.program.ending(after: SIGKILL)
        #expect(try gateway.post("two").status == 502)
        let second = try RunningServer(host: "127.0.0.78", port: first.address.port)
        #expect(second.address == first.address)
        #expect(try gateway.post("three").text == "THREE")
    }

    @Test(arguments: [false, true])
    func `a client that goes away in the middle of a body leaves nothing behind`(resets: Bool) throws {
        // A datagram that is sent again, since the machine is slow, would count.
        let gateway = try RunningGateway(["--attempts", "1"])
        for _ in 0..<10 {
            let connection = try TCPConnection(to: gateway.address)
            connection.send("POST / HTTP/1.1\r\nHost: letterbox\r\nContent-Length: 1000\r\n\r\nonly this")
            if resets { connection.resetWhenClosed() }
        }
        #expect(try gateway.post("next").text == "NEXT")
        try gateway.metrics { $0["http_connections"] == 1 }
        #expect(try gateway.metrics()["udp_datagrams_sent_total"] == 1)
    }

    @Test func `the reply to a client that has gone reaches no other`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway(
            ["--timeout", "60s", "--rest", "0ms", "--workers", "1"], upstream: peer.address)
        var gone: TCPConnection? = try TCPConnection(to: gateway.address)
        gone?.send("POST / HTTP/1.1\r\nHost: letterbox\r\nContent-Length: 4\r\n\r\ngone")
        let first = try peer.receive()
        gone?.resetWhenClosed()
        gone = nil
        let next = try TCPConnection(to: gateway.address)
        next.send("POST / HTTP/1.1\r\nHost: letterbox\r\nContent-Length: 4\r\n\r\nnext")
        let second = try peer.receive()
        #expect(first.sender != second.sender)
        peer.send("TOO LATE", to: first.sender)
        peer.send("IN TIME", to: second.sender)
        #expect(try next.receive(until: "IN TIME").hasPrefix("HTTP/1.1 200 OK\r\n"))
        try gateway.metrics { $0["udp_exchanges_in_flight"] == 0 }
    }

    @Test func `only the upstream is heard`() throws {
        let (peer, stranger) = (UDPPeer(), UDPPeer())
        let gateway = try RunningGateway(["--timeout", "60s"], upstream: peer.address)
        let connection = try TCPConnection(to: gateway.address)
        connection.send("POST / HTTP/1.1\r\nHost: letterbox\r\nContent-Length: 5\r\n\r\nhello")
        let sender = try peer.receive().sender
        stranger.send("WRONG", to: sender)
        peer.send("RIGHT", to: sender)
        #expect(try connection.receive(until: "RIGHT").hasSuffix("\r\n\r\nRIGHT"))
    }

    @Test func `what is no request is refused, and the next one is served`() throws {
        let gateway = try RunningGateway()
        let connection = try TCPConnection(to: gateway.address)
        connection.send("Who is there?\r\n\r\n")
        let answer = try connection.receiveToEnd()
        #expect(answer.hasPrefix("HTTP/1.1 400 "))
        #expect(answer.contains("\r\nConnection: close\r\n"))
        #expect(try gateway.post("next").text == "NEXT")
    }

    /// A laptop that was suspended: the deadline has passed, and the reply is in the socket.
    @Test func `a process that was stopped takes what has come first`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway(["--workers", "1", "--timeout", "3s"], upstream: peer.address)
        for _ in 0..<2 {
            let caller = try TCPConnection(to: gateway.address)
            caller.send("POST / HTTP/1.1\r\nHost: letterbox\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello")
            let sender = try peer.receive().sender
            try gateway.program.suspend()
            peer.send("HELLO", to: sender)
            // Longer than the timeout.
            usleep(3_100_000)
            gateway.program.signal(SIGCONT)
            #expect(try caller.receiveToEnd().hasPrefix("HTTP/1.1 200 "))
        }
    }
}
