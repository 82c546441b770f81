import CurlClient
import Glibc
import System
import Testing

/// A line for each datagram, where --verbose asks for it.
@Suite struct VerboseTests {
    /// A time of day to the microsecond, as each line begins.
    private static var time: Regex<Substring> { #/\d\d:\d\d:\d\d\.\d{6} /# }

    /// Waits for so many lines, and returns them without their times.
    private func lines(_ count: Int, of program: Program) throws -> [Substring] {
        try program.outputLines(atLeast: count).map { line in
            let time = try #require(line.prefixMatch(of: Self.time), "\(line)")
            return line[time.range.upperBound...]
        }
    }

    @Test func theServerTellsOfEachDatagram() throws {
        let server = try RunningServer(["--verbose"])
        let peer = UDPPeer()
        for text in ["hello", "tab\tescape\u{1b}[2J", "\u{FFFD}", ""] { peer.send(text, to: server.address) }
        for _ in 0..<4 { _ = try peer.receive() }
        let (to, from) = ("\(peer.address) -> \(server.address)", "\(server.address) -> \(peer.address)")
        let lines = try lines(8, of: server.program)
        #expect(
            lines.filter { $0.hasPrefix(to) }.map { $0.dropFirst(to.count) } == [
                ", 5 bytes \"hello\": received", ", 14 bytes \"tab\\tescape\\x1b[2J\": received",
                ", 3 bytes \"\u{FFFD}\": received", ", 0 bytes: received",
            ])
        #expect(
            lines.filter { $0.hasPrefix(from) }.map { $0.dropFirst(from.count) } == [
                ", 5 bytes \"HELLO\": sent", ", 14 bytes \"TAB\\tESCAPE\\x1b[2J\": sent",
                ", 3 bytes \"\u{FFFD}\": sent",
                ", 0 bytes: sent",
            ])
    }

    /// A server on every address names the one that the datagram came to, and that its reply comes from.
    @Test(arguments: [
        ("0.0.0.0", "127.0.0.7", "127.0.0.7"), ("::", "::1", "::1"), ("::", "127.0.0.7", "::ffff:127.0.0.7"),
    ])
    func theAddressesAreThoseOfTheDatagram(host: String, asked: String, told: String) throws {
        let server = try RunningServer(["--verbose"], host: host)
        let client = try Program.letterbox(
            "client", asked, "hello", "--port", "\(server.address.port)", "--timeout", "60s")
        #expect(try client.ending().output == "HELLO\n")
        let lines = try lines(2, of: server.program)
        let own = try #require(SocketAddress(told, port: server.address.port))
        #expect(lines[0].hasSuffix(" -> \(own), 5 bytes \"hello\": received"), "\(lines[0])")
        #expect(lines[1].hasPrefix("\(own) -> ") && lines[1].hasSuffix(", 5 bytes \"HELLO\": sent"), "\(lines[1])")
    }

    /// The client's socket for several replies has no address of its own either.
    @Test func theCollectorsAddressIsThatOfTheDatagram() throws {
        let server = try RunningServer()
        let ending = try Program.letterbox(
            "client", "127.0.0.1", "hello", "--replies", "1", "--verbose", "--port", "\(server.address.port)"
        ).ending()
        let lines = ending.errorLines.map { $0.split(separator: " ") }
        try #require(lines.count == 2 && lines.allSatisfy { $0.count > 4 })
        #expect(lines[0][1].hasPrefix("127.0.0.1:") && lines[1][3].dropLast() == lines[0][1], "\(ending)")
    }

    @Test func aLongDatagramIsToldByItsBeginning() throws {
        let server = try RunningServer(["--verbose"])
        let peer = UDPPeer()
        peer.send(String(repeating: "a", count: 33), to: server.address)
        let line = try lines(2, of: server.program)[0]
        #expect(line.hasSuffix(", 33 bytes \"\(String(repeating: "a", count: 32))\"...: received"))
    }

    @Test func theGatewayTellsOfEachDatagram() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway(
            ["--verbose", "--attempts", "2", "--min-retransmit", "1ms", "--timeout", "60s"],
            upstream: peer.address)
        let post = try Program("curl", ["-s", "-d", "hello", gateway.url])
        let sender = try peer.receive().sender
        _ = try peer.receive()
        peer.send("HELLO", to: sender)
        #expect(try post.ending().output == "HELLO")
        let (to, from) = ("\(sender) -> \(peer.address)", "\(peer.address) -> \(sender)")
        #expect(
            try lines(3, of: gateway.program) == [
                "\(to), 5 bytes \"hello\": sent", "\(to), 5 bytes \"hello\": retransmitted",
                "\(from), 5 bytes \"HELLO\": received",
            ])
    }

    @Test func theGatewayTellsOfARefusal() throws {
        let closedAddress = UDPPeer.closedAddress()
        let gateway = try RunningGateway(["--verbose"], upstream: closedAddress)
        #expect(try gateway.post("hello").status == 502)
        let lines = try lines(2, of: gateway.program)
        #expect(lines[0].hasSuffix(" -> \(closedAddress), 5 bytes \"hello\": sent"))
        #expect(lines[1].hasPrefix("\(closedAddress) -> 127.0.0.1:") && lines[1].hasSuffix(": refused"))
    }

    /// The answer of one who asks for the trace is as without the lines.
    @Test func theTraceIsToldToo() throws {
        let gateway = try RunningGateway(["--verbose"])
        var request = CurlRequest("\(gateway.url)/", body: .text("hello"), timeout: Program.timeLimit)
        request.fields.append("Accept", "application/json")
        #expect(try CurlClient().perform(request).text?.contains("\"attempts\":1") == true)
        #expect(try lines(2, of: gateway.program).count == 2)
    }

    /// The lines are the operator's: a caller that wants no trace gets the response as without them.
    @Test func surplusDatagramsAreToldByTheirBeginnings() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway(
            ["--verbose", "--timeout", "3600s", "--service", "/x \(peer.address)"], upstream: UDPPeer().address)
        let connection = try TCPConnection(to: gateway.address)
        connection.send("POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nwho?")
        let sender = try peer.receive().sender
        // All are there when it looks.
        try gateway.program.suspend()
        let long = String(repeating: "a", count: 33)
        for text in ["one", "two", long, ""] { peer.send(text, to: sender) }
        gateway.program.signal(SIGCONT)
        #expect(try !connection.receive(until: "one").contains("Letterbox-Surplus"))
        let from = "\(peer.address) -> \(sender)"
        #expect(
            try lines(5, of: gateway.program).dropFirst() == [
                "\(from), 3 bytes \"one\": received", "\(from), 3 bytes \"two\": surplus",
                "\(from), 33 bytes \"\(long.dropLast())\"...: surplus", "\(from), 0 bytes: surplus",
            ])
    }

    @Test func theClientTellsRoundTripAndAttempts() throws {
        let server = try RunningServer()
        let client = try Program.letterbox(
            "client", "127.0.0.1", "hello", "--verbose", "--port", "\(server.address.port)", "--timeout", "60s")
        let ending = try client.ending()
        #expect(ending.output == "HELLO\n")
        try #require(ending.errorLines.count == 2)
        let times = ending.errorLines.compactMap { $0.prefixMatch(of: Self.time) }
        #expect(times.count == 2)
        let sent = ending.errorLines[0].dropFirst(times[0].0.count)
        let local = try #require(sent.split(separator: " ").first)
        #expect(sent == "\(local) -> \(server.address), 5 bytes \"hello\": sent")
        let pattern = #/(.*), 5 bytes "HELLO": received after \d+\.\d{3} ms, 1 attempt/#
        let received = try #require(ending.errorLines[1].dropFirst(times[1].0.count).wholeMatch(of: pattern))
        #expect(received.1 == "\(server.address) -> \(local)")
    }

    /// A reader that stands still costs lines and no letters, and the lines that are missing are told.
    @Test(arguments: ["server", "gateway"])
    func linesThatNobodyReadsAreDropped(command: String) throws {
        let own = command == "gateway" ? ["--server-port", "0", "--timeout", "60s", "--attempts", "1"] : []
        let program = try Program(Binaries.letterbox, [command, "--verbose", "--port", "0"] + own)
        let isGateway = command == "gateway"
        let ready = try program.errorLine(startingWith: isGateway ? "The gateway is ready" : "The server is ready")
        let (client, peer) = (CurlClient(), UDPPeer())
        let words = ready.split(separator: " ")
        // A pipe holds 65,536 bytes, and each letter makes more than 100; the last one finds room again.
        for number in 0...1000 {
            if number == 1000 { try program.output(containing: "\n") }
            if isGateway {
                let response = try client.perform(
                    CurlRequest("\(words[4])/", body: .text("hello"), timeout: Program.timeLimit))
                #expect(response.text == "HELLO")
            } else {
                peer.send("hello", to: try SocketAddress("127.0.0.1", port: SocketAddress(udp: words[6]).port)!)
                #expect(try peer.receive().bytes == Array("HELLO".utf8))
            }
        }
        try program.output(containing: "dropped here")
        let ending = try program.ending(after: SIGTERM)
        #expect(ending.status == 0)
        let lines = ending.output.split(separator: "\n")
        let notice = #/(\d+) lines? (was|were) dropped here.*/#
        let dropped = lines.compactMap { $0.wholeMatch(of: notice).flatMap { Int($0.1) } }
        let told = lines.count - dropped.count
        #expect(told > 300 && told + dropped.reduce(0, +) == 2002)
    }
}
