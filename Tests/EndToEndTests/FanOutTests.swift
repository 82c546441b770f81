import Glibc
import System
import Testing

/// Services with several equal addresses: the gateway asks all at once.
@Suite struct FanOutTests {
    private func gateway(_ peers: [UDPPeer], _ options: String, _ flags: [String] = []) throws -> RunningGateway {
        let addresses = peers.map { "\($0.address)" }.joined(separator: " ")
        return try RunningGateway(
            ["--timeout", "3600s", "--service", "/all \(addresses) from=any \(options)"] + flags,
            upstream: UDPPeer().address)
    }

    private func begin(_ gateway: RunningGateway, accepting type: String = "*/*") throws -> TCPConnection {
        let connection = try TCPConnection(to: gateway.address)
        connection.send("POST /all HTTP/1.1\r\nHost: localhost\r\nAccept: \(type)\r\nContent-Length: 4\r\n\r\nwho?")
        return connection
    }

    private func replies(in text: String) -> [String] { text.matches(of: #/"reply":"([^"]*)"/#).map { String($0.1) } }

    @Test(arguments: ["replies=3", "replies=all wait=3600s quiet=300ms"])
    func `the replies of all are one answer`(options: String) throws {
        let (one, two) = (UDPPeer(), UDPPeer(at: "127.0.0.2"))
        let gateway = try gateway([one, two], options)
        let connection = try begin(gateway)
        let senders = (try one.receive(), try two.receive())
        #expect(senders.0.bytes == Array("who?".utf8) && senders.1.bytes == Array("who?".utf8))
        one.send("one", to: senders.0.sender)
        two.send("two", to: senders.1.sender)
        one.send("one more", to: senders.0.sender)
        let response = try connection.receive(until: "]}\n")
        #expect(response.contains("{\"complete\":true,"), "\(response)")
        #expect(replies(in: response).sorted() == ["one", "one more", "two"])
        try gateway.metrics { $0["udp_exchanges_in_flight"] == 0 && $0["udp_sockets_quarantined"] == 2 }
    }

    /// Enough from one: what the other sends is of an exchange that is over.
    @Test(arguments: ["application/json", "application/x-ndjson"])
    func `enough replies from one end the wait for the others`(type: String) throws {
        let (one, two) = (UDPPeer(), UDPPeer(at: "127.0.0.2"))
        let gateway = try gateway([one, two], "replies=2")
        for _ in 0..<2 {
            let connection = try begin(gateway, accepting: type)
            let senders = (try one.receive().sender, try two.receive().sender)
            for text in ["one", "two"] { one.send(text, to: senders.0) }
            let response = try connection.receive(until: type.hasSuffix("ndjson") ? "\r\n0\r\n\r\n" : "]}\n")
            #expect(replies(in: response) == ["one", "two"] && !response.contains("false"))
            two.send("late", to: senders.1)
        }
        try gateway.metrics { $0["udp_late_replies_total"] == 2 && $0["udp_exchanges_in_flight"] == 0 }
    }

    /// A silent address is no failure, as long as another has replies; of none at all the answer says so.
    @Test(arguments: [("replies=all wait=500ms", true), ("replies=2 wait=500ms", false)])
    func `an address that is silent takes nothing from the others`(options: String, isComplete: Bool) throws {
        let (one, two) = (UDPPeer(), UDPPeer(at: "127.0.0.2"))
        let gateway = try gateway([one, two], options)
        let connection = try begin(gateway)
        try one.reply("one")
        let response = try connection.receive(until: "]}\n")
        #expect(response.contains("{\"complete\":\(isComplete),") && replies(in: response) == ["one"])
        let none = try begin(gateway).receive(until: "}\n")
        #expect(none.hasPrefix(isComplete ? "HTTP/1.1 200 " : "HTTP/1.1 504 "))
    }

    /// In the sentence, in the trace and in the log, also where the wait for the others has ended.
    @Test(arguments: [0, 1, 2]) func `the datagrams of all are counted`(replies: Int) throws {
        let (one, two) = (UDPPeer(), UDPPeer(at: "127.0.0.2"))
        let gateway = try gateway(
            [one, two], "replies=2 wait=\(replies == 0 ? "300ms" : "3600s")", ["--access-log", "all"])
        let connection = try begin(gateway, accepting: "application/json")
        let senders = (try one.receive().sender, try two.receive().sender)
        if replies > 0 { one.send("one", to: senders.0) }
        if replies == 1 { one.send("more", to: senders.0) }
        if replies == 2 { two.send("two", to: senders.1) }
        let response = try connection.receive(until: "}\n")
        if replies == 0 {
            #expect(response.contains("(2 datagrams sent)") && response.contains("\"attempts\":2,"), "\(response)")
        }
        let line = try gateway.program.errorLine(containing: " access: ")
        #expect(line.contains(" attempts=2 "), "\(line)")
        if replies > 0 { #expect(line.contains(" backend=\((replies == 1 ? one : two).address) "), "\(line)") }
    }

    @Test(arguments: [false, true]) func `a caller that leaves ends the wait for all`(isReset: Bool) throws {
        let (one, two) = (UDPPeer(), UDPPeer(at: "127.0.0.2"))
        let gateway = try gateway([one, two], "replies=all wait=3600s timeout=\(isReset ? "3600s" : "100ms")")
        do {
            let connection = try begin(gateway)
            try one.reply("one")
            try gateway.metrics { $0["udp_replies_total"] == 1 && $0["udp_exchanges_in_flight"] == 2 }
            if isReset { connection.resetWhenClosed() }
        }
        try gateway.metrics { $0["udp_exchanges_in_flight"] == 0 }
    }

    @Test func `the end of the gateway ends the wait for all`() throws {
        let (one, two) = (UDPPeer(), UDPPeer(at: "127.0.0.2"))
        let gateway = try gateway([one, two], "replies=all wait=3600s timeout=100ms")
        let connection = try begin(gateway)
        try one.reply("one")
        try gateway.metrics { $0["udp_replies_total"] == 1 }
        gateway.program.signal(SIGTERM)
        let response = try connection.receiveToEnd()
        #expect(response.contains("{\"complete\":false,") && replies(in: response) == ["one"], "\(response)")
        #expect(try gateway.program.ending().status == 0)
    }

    /// There is room for one exchange, or one socket: the other address is not asked, or later, and the answer says so.
    @Test(arguments: [["--max-in-flight", "1"], ["--max-sockets", "1"]])
    func `an address that cannot be asked makes the answer incomplete`(flags: [String]) throws {
        let (one, two) = (UDPPeer(), UDPPeer(at: "127.0.0.2"))
        let gateway = try gateway([one, two], "replies=all wait=500ms quarantine=100s", flags)
        let connection = try begin(gateway)
        try one.reply("one")
        let response = try connection.receive(until: "]}\n")
        #expect(response.contains("{\"complete\":false,") && replies(in: response) == ["one"], "\(response)")
        try gateway.metrics { $0["udp_exchanges_in_flight"] == 0 }
    }

    /// One reply is wanted of hosts that are equals: they take turns.
    @Test func `one reply is asked of one address`() throws {
        let (one, two) = (UDPPeer(), UDPPeer(at: "127.0.0.2"))
        let gateway = try gateway([one, two], "", ["--workers", "1"])
        let callers = [try begin(gateway), try begin(gateway)]
        try one.reply("one")
        try two.reply("two")
        #expect(try callers[0].receive(until: "o").hasPrefix("HTTP/1.1 200 "))
        #expect(try callers[1].receive(until: "o").hasPrefix("HTTP/1.1 200 "))
        #expect(try gateway.metrics()["udp_datagrams_sent_total"] == 2)
    }
}
