import Glibc
import System
import Testing

/// The direct UDP client, as a user starts it.
@Suite struct ClientTests {
    private func run(_ server: RunningServer, _ words: [String], input: Program.Input = .nothing) throws
        -> Program.Ending
    {
        let port = ["--port", "\(server.address.port)", "--timeout", "60s"]
        return try Program(Binaries.letterbox, ["client"] + port + words, input: input).ending()
    }

    @Test func `the words of the command line are one datagram`() throws {
        let ending = try run(RunningServer(), ["localhost", "straße", "nach", "Ulm"])
        #expect(ending == Program.Ending(status: 0, output: "STRASSE NACH ULM\n", error: ""))
    }

    /// Each input with what comes out.
    @Test(arguments: [
        ("one\ntwo\nthree\n", "ONE\nTWO\nTHREE\n"), ("one\ntwo", "ONE\nTWO\n"), ("one\n\nthree\n", "ONE\n\nTHREE\n"),
        ("", ""), ("one\r\ntwo\r\n", "ONE\nTWO\n"),
    ])
    func `each line of a pipe is one exchange`(input: String, output: String) throws {
        let ending = try run(RunningServer(), [], input: .bytes(Array(input.utf8)))
        #expect(ending == Program.Ending(status: 0, output: output, error: ""))
    }

    @Test func `a line is answered before the next one is there`() throws {
        let server = try RunningServer()
        let port = "\(server.address.port)"
        let client = try Program.letterbox("client", "--port", port, "--timeout", "60s", input: .open)
        client.write("one\n")
        try client.output(containing: "ONE\n")
        client.write("two\n")
        try client.output(containing: "TWO\n")
    }

    @Test func `lines come from a file too`() throws {
        let file = temporaryFile("first line\nsecond line\nlast, without an end")
        defer { close(file) }
        let ending = try run(RunningServer(), [], input: .descriptor(file))
        #expect(
            ending == Program.Ending(status: 0, output: "FIRST LINE\nSECOND LINE\nLAST, WITHOUT AN END\n", error: ""))
    }

    @Test func `without a server it says so at once`() throws {
        let server = UDPPeer.closedAddress()
        let words = ["client", server.host, "hello", "--port", "\(server.port)"]
        let ending = try Program(Binaries.letterbox, words + UDPPeer.persistently).ending()
        #expect(ending.status == 1)
        #expect(ending.output.isEmpty)
        #expect(ending.errorLines == ["letterbox: no server listens at \(server): is it running?"])
    }

    @Test func `a silent server is waited for and asked again`() throws {
        let peer = UDPPeer()
        let ending = try Program.letterbox(
            "client", "127.0.0.1", "hello", "--port", "\(peer.address.port)", "--timeout", "700ms"
        ).ending()
        #expect(ending.status == 1)
        #expect(ending.output.isEmpty)
        #expect(ending.errorLines == ["letterbox: no reply from \(peer.address) within 700ms, 3 attempts"])
        let datagrams = try (0..<3).map { _ in try peer.receive() }
        #expect(datagrams.allSatisfy { $0.bytes == Array("hello".utf8) })
        #expect(Set(datagrams.map(\.sender)).count == 1)
    }

    @Test func `a line without a reply does not end the others`() throws {
        let peer = UDPPeer()
        let client = try Program.letterbox(
            "client", "--port", "\(peer.address.port)", "--timeout", "1ms", "--attempts", "1",
            input: .bytes(Array("one\ntwo\n".utf8)))
        let ending = try client.ending()
        #expect(ending.status == 1)
        #expect(ending.errorLines.count == 2)
    }

    @Test func `only the server that was asked is heard`() throws {
        let (asked, other) = (UDPPeer(), UDPPeer())
        let client = try Program.letterbox(
            "client", "127.0.0.1", "hello", "--port", "\(asked.address.port)", "--timeout", "60s", "--attempts", "1")
        let sender = try asked.receive().sender
        other.send("WRONG", to: sender)
        asked.send("RIGHT", to: sender)
        #expect(try client.ending() == Program.Ending(status: 0, output: "RIGHT\n", error: ""))
    }

    @Test func `a late reply does not answer the next line`() throws {
        let peer = UDPPeer()
        let client = try Program.letterbox(
            "client", "--port", "\(peer.address.port)", "--timeout", "2s", "--attempts", "1",
            input: .bytes(Array("one\ntwo\n".utf8)))
        let first = try peer.receive().sender
        let second = try peer.receive().sender
        peer.send("LATE", to: first)
        peer.send("RIGHT", to: second)
        let ending = try client.ending()
        #expect(ending.output == "RIGHT\n")
        #expect(ending.errorLines == ["letterbox: no reply from \(peer.address) within 2s, 1 attempt"])
    }

    @Test func `a name without an address is no start`() throws {
        let ending = try Program.letterbox("client", "no-such-name.invalid", "hello").ending()
        #expect(ending.status == 2)
        #expect(ending.errorLines.count == 1)
        #expect(ending.error.hasPrefix("letterbox: cannot resolve no-such-name.invalid: "))
    }
}
