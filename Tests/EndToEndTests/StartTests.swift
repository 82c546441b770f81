import System
import Testing

/// Errors that keep a command from starting: one line that says so, an exit status, and nothing left running.
@Suite struct StartTests {
    @Test func `a TCP port in use is no start`() throws {
        let taken = TakenPort()
        let ending = try Program.letterbox("--port", "\(taken.address.port)", "--server-port", "0").ending()
        #expect(ending.status == 2)
        #expect(ending.errorLines.count == 1)
        #expect(ending.error.contains("cannot bind \(taken.address): Address already in use"))
        #expect(ending.error.contains("--port"))
    }

    @Test(arguments: ["server", "gateway"])
    func `a UDP port in use is no start`(command: String) throws {
        let taken = UDPPeer()
        let port = "\(taken.address.port)"
        let ports = command == "server" ? ["--port", port] : ["--port", "0", "--server-port", port]
        let ending = try Program(Binaries.letterbox, [command] + ports + ["--host", "127.0.0.1"]).ending()
        #expect(ending.status == 2)
        #expect(ending.errorLines.count == 1)
        #expect(ending.error.contains("cannot bind \(taken.address): Address already in use"))
    }

    /// Sockets that share a port share it with each other, and not with another server's.
    @Test(arguments: [("1", "2"), ("2", "1"), ("2", "2")])
    func `a UDP port whose sockets share it is in use`(first: String, second: String) throws {
        let server = try RunningServer(["--workers", first])
        let ending = try Program.letterbox(
            "server", "--host", "127.0.0.1", "--port", "\(server.address.port)", "--workers", second
        ).ending()
        #expect(ending.status == 2)
        #expect(ending.error.contains("cannot bind \(server.address): Address already in use"))
    }

    /// One datagram would go round until the noise has no sockets left.
    @Test(arguments: [("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0")])
    func `the noise is no server to itself`(host: String, server: String) throws {
        let port = UDPPeer().address.port  // free again
        let ending = try Program(
            Binaries.letterbox, ["noise", "--host", host, "--port", "\(port)", "--to", "\(server):\(port)"]
        ).ending()
        #expect(ending.status == 2)
        #expect(ending.error == "letterbox: --to \(server):\(port) is the noise's own address\n")
    }

    /// Each command line with what its one line has.
    @Test(arguments: [
        (["--port", "0", "--host", "no-such-name.invalid"], "cannot resolve no-such-name.invalid: "),
        (["--port", "0", "--server-port", "0", "--host", "192.0.2.1"], "cannot bind 192.0.2.1:0: "),
        (["--port", "0", "--server-port", "0", "--public", "/no/such/folder"], "cannot read /no/such/folder: "),
        (["server", "--port", "0", "--host", "no-such-name.invalid"], "cannot resolve no-such-name.invalid: "),
    ])
    func `what is not there is no start`(arguments: [String], reason: String) throws {
        let ending = try Program(Binaries.letterbox, arguments).ending()
        #expect(ending.status == 2)
        #expect(ending.output.isEmpty)
        #expect(ending.errorLines.count == 1)
        #expect(ending.error.hasPrefix("letterbox: \(reason)"))
        #expect(ending.error.contains(reason.contains("bind") ? ": choose another with --host" : ". Check the "))
    }

    /// Each socket whose address is taken has one flag.
    @Test func `what is taken names the one flag of its socket`() throws {
        let (peer, listener) = (UDPPeer(), try RunningGateway())
        let (udp, tcp) = (peer.address.port, try listener.address.port)
        for (arguments, advice) in [
            (["--port", "0", "--server-port", "\(udp)"], "for the embedded UDP server with --server-port"),
            (["--port", "\(tcp)", "--server-port", "0"], "with --port"),
            (["--port", "0", "--server-port", "0", "--admin", "127.0.0.1:\(tcp)"], "with --admin"),
            (["server", "--host", "127.0.0.1", "--port", "\(udp)"], "with --port"),
            (["noise", "--port", "\(udp)"], "with --port"),
        ] {
            let ending = try Program(Binaries.letterbox, arguments).ending()
            #expect(ending.status == 2)
            let sentence = "Stop the program that has the port, or choose another \(advice)\n"
            #expect(ending.error.hasSuffix(sentence), "\(ending.error)")
        }
    }

    /// Each command line with what the message names.
    @Test(arguments: [
        (["--timeout", "0ms"], "'0ms' is invalid for '--timeout <time>': a time from 1ms to 3600s is needed."),
        (["--port", "65536"], "'65536' is invalid for '--port <port>': a port is a number from 0 to 65535."),
        (
            ["--timeout", "5"],
            "'5' is invalid for '--timeout <time>': a time is a number and its unit, such as 5s, 100ms, 50us or 1m."
        ),
        (
            ["--upstream", "nowhere"],
            "'nowhere' is invalid for '--upstream <host:port>': a host and a port are needed, "
        ),
        (["--max-datagram", "5", "--probe-text", "longer"], "--probe-text has 6 bytes, and --max-datagram allows 5."),
        (["--allow-origin", "https://a.org/"], "--allow-origin https://a.org/ is not an origin as browsers send it"),
        (["--allow-origin", "https://A.org"], "--allow-origin https://A.org is not an origin"),
        (["--allow-origin", "https://a.org:443"], "--allow-origin https://a.org:443 is not an origin"),
        (["--allow-origin", "https://a b"], "--allow-origin https://a b is not an origin"),
        (["--allow-origin", "a.org"], "--allow-origin a.org is not an origin"),
        (["--host", ""], "'' is invalid for '--host <host>': a name or an address without a port is needed"),
        (["--host", "[::1]"], "'[::1]' is invalid for '--host <host>'"),
        (["--host", "*"], "'*' is invalid for '--host <host>'"),
        (["client", "127.0.0.1:12000", "a"], "'127.0.0.1:12000' is invalid for '<host>'"),
        (["--timeout", "-1s"], "'-1s' is invalid for '--timeout <time>': a time is a number and its unit"),
        (["--max-in-flight", "1.5"], "'1.5' is invalid for '--max-in-flight <number>': a whole number is needed"),
        (["--lab", "--lab-seed", "-1"], "'-1' is invalid for '--lab-seed <number>': a whole number is needed, from 0"),
        (["noise", "--loss", "-1%"], "'-1%' is invalid for '--loss <percentage>'"),
        (["--timeout", "0x10s"], "'0x10s' is invalid for '--timeout <time>'"),
        (
            ["--timeout", "1000000s"],
            "'1000000s' is invalid for '--timeout <time>': a time from 1ms to 3600s is needed."
        ),
        (["noise", "--to", "127.0.0.1:0"], "--to 127.0.0.1:0 has no port"),
        (["--upstream", "localhost:0"], "--upstream"), (["--nonsense"], "--nonsense"),
        (["server", "--service", "lowercase"], "--service"), (["server", "--letter", "ss"], "--letter"),
        (["client", "--port", "0"], "--port"),
    ])
    func `wrong usage is told from trouble`(arguments: [String], reason: String) throws {
        let ending = try Program(Binaries.letterbox, arguments).ending()
        #expect(ending.status == 64)
        #expect(ending.error.contains(reason))
    }

    @Test(arguments: [[], ["gateway"], ["server"], ["client"]])
    func `help is on standard output`(command: [String]) throws {
        let ending = try Program(Binaries.letterbox, command + ["--help"]).ending()
        #expect(ending.status == 0)
        #expect(ending.output.contains("USAGE: letterbox"))
        #expect(ending.error.isEmpty)
    }

    @Test func `help tells defaults`() throws {
        let help = try Program(Binaries.letterbox, ["gateway", "--help"]).ending().output
        let words = help.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(words.contains("system choose, and the ready line names it. (0 to 65535; default: 8080)"))
        #expect(
            words.contains(
                "--idle-timeout <time> For a connection without a request; then it ends. (1ms to 86400s; default: 75s)")
        )
        #expect(
            words.contains(
                "--max-fields <number> The most fields of a request; beyond it 431. (1 to 10000; default: 100)"))
    }

    /// A container may have no /proc, from which Swift reads the arguments.
    @Test(.enabled(if: Namespaces.obstacle == nil, Comment(rawValue: Namespaces.obstacle ?? "")))
    func `without its arguments no program starts`() throws {
        for program in try [Binaries.letterbox, Binaries.probe] {
            let command = "mount -t tmpfs none /proc && exec '\(program)' --port 0"
            let ending = try Program("/usr/bin/env", ["unshare", "-rm", "sh", "-c", command]).ending()
            #expect(ending.status == 2)
            let name = program.split(separator: "/").last ?? ""
            #expect(ending.error.hasPrefix("\(name): the arguments cannot be read: /proc is not there"))
        }
    }
}
