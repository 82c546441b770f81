import CurlClient
import Foundation
import System
import Testing

/// Services that send several replies, or send them from another address.
@Suite struct RepliesTests {
    private func times(in text: String) -> String { text.replacing(#/"at":[0-9.e-]+/#, with: "\"at\":0") }

    @Test func `so many replies as were asked for end the exchange`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway.game(peer.address, "replies=2")
        let connection = try gateway.begin()
        try peer.reply("one", "two")
        let response = times(in: try connection.receive(until: "]}\n"))
        let from = "\"from\":\"\(peer.address)\""
        #expect(response.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(
            response.hasSuffix(
                """
                \r\n\r\n{"complete":true,"replies":[{"at":0,\(from),"reply":"one"},{"at":0,\(from),"reply":"two"}]}

                """), "\(response)")
        // Its socket is set aside, for more may come.
        #expect(try gateway.metrics()["udp_sockets_quarantined"] == 1)
    }

    @Test func `fewer than were asked for are told to be incomplete, none is 504`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway.game(peer.address, "replies=2 wait=3s")
        let connection = try gateway.begin()
        try peer.reply("one")
        let response = try connection.receive(until: "]}\n")
        #expect(response.hasPrefix("HTTP/1.1 200 OK\r\n") && response.contains("{\"complete\":false,\"replies\":[{"))
        #expect(try gateway.begin().receive(until: "}\n").hasPrefix("HTTP/1.1 504 "))
    }

    /// As with one reply, from whatever host; of all that come in time none is no failure.
    @Test(arguments: [
        ("replies=2 wait=50ms", true), ("replies=2 wait=50ms from=any", true), ("from=host timeout=50ms", true),
        ("replies=2 wait=1s", false), ("replies=all wait=1s", false), ("from=host timeout=1s", false),
    ])
    func `a failure has its trace for a caller that wants it`(options: String, isSilent: Bool) throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway.game(isSilent ? peer.address : UDPPeer.closedAddress(), options)
        let status = isSilent ? 504 : 502
        var traced = ""
        let deadline = ContinuousClock.now + Program.timeLimit
        repeat {
            // The kernel limits its refusals.
            traced = try gateway.begin(accepting: "application/json\r\nConnection: close").receiveToEnd()
        } while !traced.hasPrefix("HTTP/1.1 \(status) ") && ContinuousClock.now < deadline
        #expect(
            traced.contains("\"exchange\":{\"attempts\":1,") && traced.contains("\"kind\":\"sent\""), "\(traced)")
        #expect(traced.contains("\"kind\":\"refused\"") == !isSilent, "\(traced)")
        let plain = try gateway.begin(accepting: "*/*\r\nConnection: close").receiveToEnd()
        #expect(!plain.contains("\"exchange\""), "\(plain)")
    }

    @Test func `all that come in time may be none`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway.game(peer.address, "replies=all wait=100ms")
        let response = try gateway.begin().receive(until: "]}\n")
        #expect(response.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(response.hasSuffix("{\"complete\":true,\"replies\":[]}\n"))
        #expect(try peer.receive().bytes == Array("who?".utf8))
        #expect(try gateway.metrics()["udp_timeouts_total"] == 0, "silence is no failure of such a service")
    }

    @Test func `a quiet time after the latest reply ends the wait`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway.game(peer.address, "replies=all wait=3600s quiet=100ms")
        let connection = try gateway.begin()
        try peer.reply("one", "two", "three")
        let response = try connection.receive(until: "]}\n")
        #expect(response.contains("{\"complete\":true") && response.contains("\"three\""))
    }

    @Test func `each reply leaves as it comes`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway.game(peer.address, "replies=2")
        let connection = try gateway.begin(accepting: "application/x-ndjson")
        let sender = try peer.receive().sender
        peer.send("one", to: sender)
        let head = try connection.receive(until: "\"one\"}\n\r\n")
        #expect(head.contains("Transfer-Encoding: chunked\r\n") && head.contains("application/x-ndjson\r\n"))
        #expect(!head.contains("Content-Length"))
        peer.send("two", to: sender)
        #expect(try connection.receive(until: "\r\n0\r\n\r\n").contains("\"two\"}\n"))
        // The connection goes on.
        connection.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        #expect(try connection.receiveToEnd().hasSuffix("ok\n"))
    }

    @Test func `a client of HTTP 1.0 gets the lines at once`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway.game(peer.address, "replies=2")
        let connection = try TCPConnection(to: gateway.address)
        connection.send(
            "POST /game HTTP/1.0\r\nAccept: application/x-ndjson\r\nContent-Length: 4\r\n\r\nwho?")
        try peer.reply("one", "two")
        let response = try connection.receiveToEnd()
        #expect(response.contains("Content-Length: ") && response.hasSuffix("\"two\"}\n"))
    }

    @Test func `payloads come as they are, with their lengths`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway.game(peer.address, "replies=3")
        let connection = try gateway.begin(accepting: "application/octet-stream")
        try peer.reply("one", "", "three")
        let response = try connection.receive(until: "onethree")
        #expect(response.contains("Letterbox-Lengths: 3, 0, 5\r\n") && response.hasSuffix("\r\n\r\nonethree"))
    }

    /// A service of which one reply is expected, and that sends three.
    @Test(arguments: [("hex", "41", "6f 6e 65\n\n00\n"), ("base64", "QQ==", "b25l\n\nAA==\n")])
    func `payloads come in the notation of the request, on a line each`(
        notation: String, payload: String, content: String
    ) throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway.game(peer.address, "replies=3")
        let connection = try gateway.begin(
            accepting: "application/octet-stream\r\nConnection: close", path: "/game?as=\(notation)", payload)
        try peer.reply("one", "", "\0")
        let response = try connection.receiveToEnd()
        #expect(response.contains("\r\nContent-Type: text/plain; charset=utf-8\r\n"), "\(response)")
        #expect(response.hasSuffix("\r\n\r\n\(content)") && !response.contains("Letterbox-Lengths"), "\(response)")
    }

    @Test func `what lies behind the one reply is told`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway(["--timeout", "3600s"], upstream: peer.address)
        let connection = try gateway.begin(accepting: "application/json", path: "/")
        let sender = try peer.receive().sender
        // All three are there when it looks.
        try gateway.program.suspend()
        for text in ["one", "two", "three"] { peer.send(text, to: sender) }
        gateway.program.signal(SIGCONT)
        let response = try connection.receive(until: "]}}\n")
        #expect(response.contains("Letterbox-Surplus: 2\r\n") && response.contains("{\"reply\":\"one\","))
        #expect(response.components(separatedBy: "\"surplus\"").count == 3)
    }

    @Test func `bytes are written out both ways`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway.game(peer.address, "replies=2")
        let connection = try TCPConnection(to: gateway.address)
        connection.send("POST /game?as=hex HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nff 54")
        let (bytes, sender) = try peer.receive()
        #expect(bytes == [0xff, 0x54])
        for text in ["T", ""] { peer.send(text, to: sender) }
        let response = times(in: try connection.receive(until: "]}\n"))
        #expect(response.contains("\"reply\":\"54\",\"hex\":true}"))
        #expect(response.contains("\"reply\":\"\",\"hex\":true}"))
    }

    /// Too many, too long, or too much for the memory allowed: each of two replies is lost, and the caller is told.
    @Test(arguments: [
        ("max-replies=1", [String](), "two"), ("max-datagram=4", [], "longer"),
        ("", ["--max-buffered", "70000"], String(repeating: "a", count: 40_000)),
    ])
    func `a reply that does not fit is dropped and told`(options: String, flags: [String], second: String) throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway.game(peer.address, "replies=all wait=60s quiet=100ms \(options)", flags)
        let connection = try gateway.begin()
        let sender = try peer.receive().sender
        let first = second.count > 1000 ? second : "one"
        // Both are there when it looks.
        try gateway.program.suspend()
        for text in [first, second] { peer.send(text, to: sender) }
        gateway.program.signal(SIGCONT)
        let response = try connection.receive(until: "]}\n")
        #expect(response.contains("{\"complete\":false,\"dropped\":1,\"replies\":[{"))
        #expect(response.contains(first))
        // One that is too long is counted as such everywhere.
        let counted = options.hasPrefix("max-datagram") ? "udp_truncated_replies_total" : "udp_dropped_replies_total"
        #expect(try gateway.metrics()[counted] == 1)
        // The memory of the replies is released.
        let again = try gateway.begin()
        try peer.reply(first)
        #expect(try again.receive(until: "]}\n").contains("{\"complete\":true"))
    }

    /// Together they would be too much for the memory allowed.
    @Test func `lines of a stream that have left make room for the next`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway.game(peer.address, "replies=3 quiet=10s", ["--max-buffered", "1024"])
        let connection = try gateway.begin(accepting: "application/x-ndjson\r\nConnection: close")
        let sender = try peer.receive().sender
        for letter in ["a", "b"] {
            peer.send(String(repeating: letter, count: 400), to: sender)
            _ = try connection.receive(until: "\(letter)\"}\n\r\n")
        }
        peer.send(String(repeating: "c", count: 400), to: sender)
        let end = try connection.receiveToEnd()
        #expect(end.hasSuffix("c\"}\n\r\n0\r\n\r\n"), "\(end)")
    }

    /// The address that is asked, the address that replies, and whether the caller gets that reply.
    @Test(arguments: [
        ("from=peer", "127.0.0.1", false), ("from=host", "127.0.0.1", true), ("from=host", "127.0.0.2", false),
        ("from=any", "127.0.0.1", true), ("from=any", "127.0.0.2", true),
    ])
    func `a reply may come from another port or host`(options: String, host: String, isTaken: Bool) throws {
        let (peer, other) = (UDPPeer(), UDPPeer(at: host))
        let gateway = try RunningGateway.game(peer.address, options)
        let connection = try gateway.begin()
        let sender = try peer.receive().sender
        other.send("from elsewhere", to: sender)
        if !isTaken { peer.send("from the peer", to: sender) }
        let response = try connection.receive(until: isTaken ? "elsewhere" : "peer")
        #expect(response.hasPrefix("HTTP/1.1 200 OK\r\n") && response.contains("Content-Type: text/plain"))
        #expect(response.hasSuffix(isTaken ? "\r\n\r\nfrom elsewhere" : "\r\n\r\nfrom the peer"))
    }

    @Test func `a refusal is told of a host that need not answer from its port`() throws {
        let gateway = try RunningGateway.game(UDPPeer.closedAddress(), "from=host attempts=20")
        let response = try gateway.begin().receive(until: "}\n")
        #expect(response.hasPrefix("HTTP/1.1 502 ") && response.contains("connection_refused"))
    }

    /// No cache may store the replies to a GET, in any form.
    @Test(arguments: ["application/json", "application/x-ndjson", "application/octet-stream"])
    func `what is collected for a GET is not kept`(type: String) throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway.game(peer.address, "replies=1 from=any get=q")
        let connection = try TCPConnection(to: gateway.address)
        let several = try RunningGateway.game(peer.address, "replies=2 get=q")
        let lines = try TCPConnection(to: several.address)
        for caller in [connection, lines] {
            caller.send("GET /game?q=QQ HTTP/1.1\r\nHost: localhost\r\nAccept: \(type)\r\nConnection: close\r\n\r\n")
            try peer.reply("one", "two")
            #expect(try caller.receiveToEnd().contains("Cache-Control: no-store\r\n"))
        }
    }

    /// The caller's wait ends each of them (RFC 7240 3).
    @Test(arguments: ["application/json", "application/x-ndjson", "application/octet-stream"])
    func `a preferred wait is confirmed`(type: String) throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway.game(peer.address, "replies=2")
        let connection = try gateway.begin(accepting: "\(type)\r\nPrefer: wait=1\r\nConnection: close")
        try peer.reply("one")
        #expect(try connection.receiveToEnd().contains("\r\nPreference-Applied: wait=1\r\n"))
    }

    @Test func `a form shows all replies`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway(
            Program(Binaries.letterbox, ["gateway", "--port", "0", "--service", "/ \(peer.address) replies=2"]))
        let connection = try TCPConnection(to: gateway.address)
        connection.send(
            """
            POST /form HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
            Content-Length: 6\r\n\r\ntext=a
            """)
        try peer.reply("<one>", "two")
        #expect(try connection.receive(until: "two").contains("&lt;one&gt;"))
    }
}
