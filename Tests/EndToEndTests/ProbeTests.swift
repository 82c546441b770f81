import CurlClient
import System
import Testing

/// The program that compares the replies over HTTP and over UDP.
@Suite struct ProbeTests {
    private func probe(_ url: String, _ address: SocketAddress, _ options: String...) throws -> Program.Ending {
        let addresses = ["--http", url, "--udp", "\(address)"]
        return try Program(Binaries.probe, addresses + ["--timeout", "10s"] + options).ending()
    }

    /// The rows of the table, less its heading and the verdict: one for each sentence.
    private func rows(_ ending: Program.Ending) throws -> [Substring] {
        let rows = ending.output.split(separator: "\n").dropFirst().dropLast()
        try #require(rows.count == Self.names.count, "\(ending.output)\(ending.error)")
        return Array(rows)
    }

    private static let names = ["empty", "one letter", "Unicode", "1,400 bytes", "60,000 bytes"]

    @Test(arguments: [1, 5])
    func `HTTP and UDP of a healthy system agree`(count: Int) throws {
        let gateway = try RunningGateway()
        let ending = try probe(gateway.url, gateway.upstream, "--count", "\(count)")
        #expect(ending.status == 0, "\(ending.output)")
        #expect(ending.error.isEmpty)
        #expect(ending.output.hasPrefix("sentence "))
        #expect(ending.output.hasSuffix("HTTP and UDP agree on all 5 sentences.\n"))
        let rows = try rows(ending)
        #expect(zip(rows, Self.names).allSatisfy { $0.hasPrefix($1) })
        let numbers = rows.map { $0.matches(of: /\s([0-9]+)\s+([0-9]+)\s+([0-9]+)\s+([0-9]+)\s+same$/).first }
        #expect(numbers.map { $0?.1 } == ["0", "1", "14", "1400", "60000"])
        #expect(numbers.map { $0?.2 } == ["0", "1", "14", "1400", "60000"])
        #expect(try gateway.metrics()["udp_replies_total"] == 5 * count)
    }

    @Test func `a service at a path is compared as well`() throws {
        let (root, echo) = (try RunningServer(), try RunningServer(["--service", "echo"]))
        let gateway = try RunningGateway(["--service", "/game \(echo.address)"], upstream: root.address)
        let ending = try probe(gateway.url + "/game", echo.address)
        #expect(ending.status == 0, "\(ending.output)")
        #expect(try probe(gateway.url + "/game", root.address).status == 1)
        // The path has no service to compare.
        let missing = try probe(gateway.url + "/gone", echo.address)
        #expect(missing.status == 1 && missing.output.contains("FAILED  HTTP: 404"), "\(missing.output)")
    }

    @Test func `a gateway with a token gets it`() throws {
        let file = try TemporaryFile("secret\n", mode: 0o600)
        let gateway = try RunningGateway(["--token-file", file.path])
        let without = try probe(gateway.url, gateway.upstream)
        #expect(try without.status == 1 && rows(without).allSatisfy { $0.contains("FAILED  HTTP: 401 ") }, "\(without)")
        let ending = try probe(gateway.url, gateway.upstream, "--token-file", file.path)
        #expect(ending.status == 0 && ending.error.isEmpty, "\(ending)")
        let wrong = try TemporaryFile("other", mode: 0o600)
        let refused = try probe(gateway.url, gateway.upstream, "--token-file", wrong.path)
        #expect(try refused.status == 1 && rows(refused).allSatisfy { $0.contains("FAILED  HTTP: 401 ") }, "\(refused)")
    }

    /// The rules are those of the gateway's flag.
    @Test(arguments: [
        ("", 0o600, "it is empty"), ("two words", 0o600, "it is to have one line"),
        ("a", 0o644, "every user may read or write it (mode 0644)"), (nil, 0, "it cannot be read: "),
    ])
    func `a wrong token file is no start`(text: String?, mode: Int, sentence: String) throws {
        let file = try text.map { try TemporaryFile($0, mode: mode) }
        try withExtendedLifetime(file) {
            let path = file?.path ?? "/no/such"
            let ending = try Program(Binaries.probe, ["--token-file", path]).ending()
            #expect(ending.status == 2 && ending.errorLines.count == 1, "\(ending)")
            #expect(ending.error.hasPrefix("letterbox-probe: --token-file \(path): \(sentence)"), "\(ending.error)")
        }
    }

    @Test func `an argument that is no text is refused in its own name`() throws {
        let script = "exec \"$0\" --http \"$(printf '\\377')\""
        let ending = try Program("sh", ["-c", script, Binaries.probe]).ending()
        let sentence = "argument 2 is not UTF-8, and Swift would change its bytes: write it in UTF-8"
        #expect(ending == Program.Ending(status: 64, output: "", error: "letterbox-probe: \(sentence)\n"))
    }

    @Test func `another service behind the gateway is noticed`() throws {
        let gateway = try RunningGateway()
        let other = try RunningServer(["--service", "echo"])
        let ending = try probe(gateway.url, other.address)
        #expect(ending.status == 1)
        let rows = try rows(ending)
        #expect(rows.map { $0.contains("DIFFERENT") } == [false, true, true, true, true])
        #expect(rows[1].hasSuffix("DIFFERENT  from byte 0 on: HTTP \"A\" of 1 bytes, UDP \"a\" of 1 bytes"))
        #expect(ending.output.hasSuffix("HTTP and UDP differ on 4 of 5 sentences.\n"))
    }

    @Test func `a difference far into a reply is found`() throws {
        let peer = UDPPeer()
        let other = try RunningServer()
        let gateway = try RunningGateway(upstream: other.address)
        let program = try Program(
            Binaries.probe, ["--http", gateway.url, "--udp", "\(peer.address)", "--timeout", "60s"])
        for _ in ProbeTests.names {
            let (bytes, sender) = try peer.receive()
            let text = String(decoding: bytes, as: UTF8.self).uppercased()
            peer.send(text.hasPrefix("LINE") ? text.dropLast() + "!" : text, to: sender)
        }
        let rows = try rows(program.ending())
        #expect(rows.map { $0.hasSuffix("same") } == [true, true, true, false, false])
        #expect(rows[3].contains("from byte 1399 on"))
        #expect(rows[4].contains("from byte 59999 on"))
    }

    @Test func `a failure is named with its side and the reason`() throws {
        let gateway = try RunningGateway(UDPPeer.persistently, upstream: UDPPeer.closedAddress())
        let server = try RunningServer()
        let ending = try probe(gateway.url, server.address)
        #expect(ending.status == 1)
        let reason = "FAILED  HTTP: 502 Bad Gateway (letterbox; error=connection_refused)"
        #expect(try rows(ending).allSatisfy { $0.hasSuffix(reason) })
        #expect(ending.output.hasSuffix("\n5 of 5 sentences failed, and were not compared.\n"), "\(ending.output)")
        let healthy = try RunningGateway()
        let other = try probe(healthy.url, UDPPeer.closedAddress())
        #expect(other.status == 1)
        #expect(try rows(other).allSatisfy { $0.contains("FAILED  UDP: no server listens at 127.0.0.77:") })
        let neither = try probe("http://\(UDPPeer.closedAddress())/", UDPPeer.closedAddress())
        #expect(try rows(neither).allSatisfy { $0.contains("FAILED  HTTP: ") && $0.contains(" (curl 7); UDP: ") })
    }

    @Test func `a silent side is given up`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway()
        let ending = try Program(
            Binaries.probe, ["--http", gateway.url, "--udp", "\(peer.address)", "--timeout", "20ms"]
        ).ending()
        #expect(ending.status == 1)
        #expect(try rows(ending).allSatisfy { $0.contains("within 20ms, 1 attempt") })
    }

    @Test func `what cannot start is told from what differs`() throws {
        let nowhere = try Program(Binaries.probe, ["--udp", "no-such-name.invalid:53"]).ending()
        #expect(nowhere.status == 2)
        #expect(nowhere.errorLines.count == 1)
        #expect(nowhere.error.hasPrefix("letterbox-probe: cannot resolve no-such-name.invalid: "))
        for wrong in [
            ["--udp", "nowhere"], ["--http", "ftp://127.0.0.1/"], ["--count", "0"], ["--udp", "127.0.0.1:0"],
        ] {
            #expect(try Program(Binaries.probe, wrong).ending().status == 64)
        }
    }
}
