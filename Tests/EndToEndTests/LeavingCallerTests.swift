import Glibc
import System
import Testing

/// Callers of services with several replies that end their side, or leave, while replies still come.
@Suite struct LeavingCallerTests {
    /// The moment at which a caller ends its side.
    enum End: CaseIterable { case withTheRequest, withTheSecondRequest, afterTheDatagram, afterAReply }

    /// It may still read.
    @Test(arguments: End.allCases, ["application/json", "application/x-ndjson"])
    func `a caller that has ended its side gets all replies`(end: End, type: String) throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway.game(peer.address, "replies=3 wait=3600s timeout=1800s")
        let connection = try TCPConnection(to: gateway.address)
        let healthz = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        let post = "POST /game HTTP/1.1\r\nHost: localhost\r\nAccept: \(type)\r\nContent-Length: 4\r\n\r\nwho?"
        if end == .withTheSecondRequest {
            connection.send(healthz)
            _ = try connection.receive(until: "ok\n")
        }
        connection.send(post)
        if end == .withTheRequest || end == .withTheSecondRequest { connection.endSending() }
        let sender = try peer.receive().sender
        if end == .afterTheDatagram { connection.endSending() }
        for (index, text) in ["one", "two", "three"].enumerated() {
            peer.send(text, to: sender)
            try gateway.metrics { $0["udp_replies_total"] == index + 1 }
            if end == .afterAReply, index == 0 { connection.endSending() }
        }
        let response = try connection.receiveToEnd()
        for text in ["one", "two", "three"] { #expect(response.contains("\"reply\":\"\(text)\""), "\(response)") }
        #expect(!response.contains("\"complete\":false"), "\(response)")
    }

    /// A caller that has left may have ended its side as well: the gateway does not wait much longer for replies.
    @Test(arguments: [("replies=2", 504, ""), ("replies=all", 200, "{\"complete\":false,\"replies\":[]}\n")])
    func `the wait is bounded for a caller that has ended its side`(
        options: String, status: Int, content: String
    ) throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway.game(peer.address, "\(options) wait=3600s timeout=100ms")
        let connection = try gateway.begin()
        connection.endSending()
        let response = try connection.receiveToEnd()
        #expect(response.hasPrefix("HTTP/1.1 \(status) ") && response.hasSuffix(content), "\(response)")
    }

    @Test(arguments: [false, true]) func `a caller that leaves ends the wait`(isReset: Bool) throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway.game(
            peer.address, "replies=all wait=3600s timeout=\(isReset ? "3600s" : "100ms")")
        do {
            let connection = try gateway.begin()
            try peer.reply("one")
            try gateway.metrics { $0["udp_replies_total"] == 1 }
            if isReset { connection.resetWhenClosed() }
        }
        try gateway.metrics { $0["udp_exchanges_in_flight"] == 0 }
    }

    /// The gateway hears of the request and of the reset at once, and of neither again.
    @Test func `a caller that has left with its request ends the wait`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway.game(peer.address, "replies=all wait=3600s timeout=3600s")
        do {
            let connection = try TCPConnection(to: gateway.address)
            connection.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            _ = try connection.receive(until: "ok\n")
            try gateway.program.suspend()
            connection.send("POST /game HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nwho?")
            connection.resetWhenClosed()
        }
        gateway.program.signal(SIGCONT)
        _ = try peer.receive()
        try gateway.metrics { $0["udp_exchanges_in_flight"] == 0 }
    }

    /// The one socket is in use: who leaves the queue takes no socket with it from those that stay.
    @Test func `a caller that leaves before its datagram did takes nothing from the next`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway.game(
            peer.address, "replies=all wait=3600s timeout=100ms quarantine=50ms", ["--max-sockets", "1"])
        func inFlight(_ count: Int) throws { try gateway.metrics { $0["udp_exchanges_in_flight"] == count } }
        do {
            let first = try gateway.begin()
            _ = try peer.receive()
            do {
                let queued = try gateway.begin()
                try inFlight(2)
                withExtendedLifetime(queued) {}
            }
            try inFlight(1)
            withExtendedLifetime(first) {}
        }
        try inFlight(0)
        for _ in 0..<3 {
            let next = try gateway.begin()
            #expect(try peer.receive().bytes == Array("who?".utf8))
            withExtendedLifetime(next) {}
        }
    }
}
