import Glibc
import System
import Testing

/// The client's flags for bytes and for several replies, and what goes wrong with its streams.
@Suite struct ClientInputTests {
    private func shell(_ command: String, port: UInt16 = 9) throws -> Program.Ending {
        let command = try command.replacing("CLIENT", with: "\(Binaries.letterbox) client --port \(port) --timeout 60s")
        return try Program("sh", ["-c", command]).ending()
    }

    // MARK: - Standard input and output

    /// Swift repairs such an argument, and the service would get other bytes.
    @Test(arguments: ["h\\377", "\\300\\200", "\\303"])
    func anArgumentThatIsNoTextIsRefused(argument: String) throws {
        let server = try RunningServer()
        let script = "exec \"$0\" client 127.0.0.1 \"$(printf '\(argument)')\" --port \(server.address.port)"
        let ending = try Program("sh", ["-c", script, Binaries.letterbox]).ending()
        #expect(ending.status == 64 && ending.output.isEmpty)
        #expect(ending.error.contains("argument 3 is not UTF-8") && ending.error.contains("--hex"), "\(ending.error)")
    }

    @Test func aFolderIsNoInput() throws {
        let ending = try shell("CLIENT < /")
        #expect(ending.status == 2)
        #expect(ending.errorLines == ["letterbox: cannot read standard input: Is a directory"])
    }

    @Test func aFullDiskIsAnError() throws {
        let server = try RunningServer()
        for command in ["CLIENT 127.0.0.1 hello > /dev/full", "echo hello | CLIENT > /dev/full"] {
            let ending = try shell(command, port: server.address.port)
            #expect(ending.status == 1)
            #expect(ending.errorLines == ["letterbox: cannot write standard output: No space left on device"])
        }
    }

    /// As SIGPIPE ends it, or with a failure where that is ignored.
    @Test(arguments: [("default", "141\n"), ("ignore", "1\n")])
    func aReaderThatIsGoneEndsItWithoutAWord(reaction: String, status: String) throws {
        let server = try RunningServer()
        // The shell writes until the reader has ended, and then the client does.
        let wait = "trap '' PIPE; while echo 2> /dev/null; do :; done"
        let client = "env --\(reaction)-signal=PIPE CLIENT 127.0.0.1 hello; echo $? >&2"
        let ending = try shell("(\(wait); \(client)) | true", port: server.address.port)
        #expect(ending.error == status)
    }

    @Test func aLineWithoutAnEndIsBounded() throws {
        let server = try RunningServer()
        let ending = try shell(
            "(head -c 65508 /dev/zero; echo; echo a; head -c 1000000 /dev/zero) | CLIENT", port: server.address.port)
        #expect(ending.status == 1)
        #expect(ending.output == "A\n")
        let problem = "letterbox: a line is longer than 65507 bytes, which is more than fits in one datagram: left out"
        #expect(ending.errorLines == [Substring(problem), Substring(problem)])
    }

    @Test func theLongestLineIsSent() throws {
        let server = try RunningServer()
        let ending = try shell(
            "(head -c 65507 /dev/zero | tr '\\0' a; echo) | CLIENT | wc -c", port: server.address.port)
        #expect(ending.output.contains("65508"))
    }

    // MARK: - Hints

    @Test func aTextInThePlaceOfTheHostGetsAHint() throws {
        let ending = try Program.letterbox("client", "no-such-name.invalid").ending()
        #expect(ending.status == 2)
        #expect(ending.errorLines.count == 1)
        #expect(ending.error.hasPrefix("letterbox: cannot resolve no-such-name.invalid: "))
        #expect(ending.error.hasSuffix(". The host comes first: letterbox client 127.0.0.1 no-such-name.invalid\n"))
    }

    @Test(arguments: ["client", "ping"])
    func aHostWithAFlagGetsAHint(command: String) throws {
        let ending = try Program.letterbox(command, "--host", "127.0.0.1").ending()
        #expect(ending.status == 64)
        #expect(ending.error.contains("the host is a word of its own, and the first: leave --host out."))
        #expect(try !Program.letterbox(command, "--help").ending().output.contains("--host"))
    }

    /// A connected socket gets no reply of a group's members, and the kernel refuses to make one for a broadcast.
    @Test(arguments: [
        ("client 239.1.2.3 a", "239.1.2.3 is the address of many hosts: add --replies"),
        ("client ff02::1%lo a", "ff02::1%lo is the address of many hosts: add --replies"),
        ("ping 255.255.255.255", "255.255.255.255 is the address of many hosts: give that of one"),
        ("noise --to 239.1.2.3:5000", "239.1.2.3 is the address of many hosts: give that of one"),
        (
            "client fe80::1 a",
            "fe80::1 is the address of a host on any link: add the interface, as in fe80::1%eth0"
        ),
        (
            "client fe80::1 a --replies 1",
            "fe80::1 is the address of a host on any link: add the interface, as in fe80::1%eth0"
        ),
        ("ping fe80::1", "fe80::1 is the address of a host on any link: add the interface, as in fe80::1%eth0"),
        (
            "noise --to [fe80::1]:5000",
            "fe80::1 is the address of a host on any link: add the interface, as in fe80::1%eth0"
        ),
    ])
    func anAddressThatCannotReplyIsRefused(command: String, problem: String) throws {
        let ending = try Program(Binaries.letterbox, command.split(separator: " ").map(String.init)).ending()
        #expect(ending.status == 64)
        #expect(ending.errorLines == [Substring("letterbox: \(problem)")])
    }

    /// Only the kernel knows the broadcast address of a network.
    @Test(arguments: [
        ("client 127.255.255.255 a", "add --replies"), ("ping 127.255.255.255", "give that of one"),
        ("noise --to 127.255.255.255:12000", "give that of one"),
    ])
    func aBroadcastAddressGetsAHint(command: String, remedy: String) throws {
        let ending = try Program(Binaries.letterbox, command.split(separator: " ").map(String.init)).ending()
        #expect(ending.status == 64)
        let problem = "letterbox: cannot connect 127.255.255.255:12000: Permission denied"
        #expect(ending.errorLines == ["\(problem). If it is a broadcast address, \(remedy)"])
    }

    /// The flag of the commands that listen is told of: it has a message of its own.
    @Test(arguments: ["client", "ping"]) func aMistypedHostLeadsToTheRightFlag(command: String) throws {
        let ending = try Program.letterbox(command, "-host", "127.0.0.1").ending()
        #expect(ending.status == 64)
        #expect(ending.error.hasPrefix("Error: Unknown option '-host'. Did you mean '--host'?"), "\(ending.error)")
    }

    // MARK: - Bytes

    @Test func bytesGoOutAndComeBackInHex() throws {
        let server = try RunningServer(["--service", "echo"])
        let port = "\(server.address.port)"
        let ending = try Program.letterbox(
            "client", "--hex", "--port", port, "--timeout", "60s", "127.0.0.1", "00:ff", "48656C", "6c 6f 0a", "20",
            "41"
        ).ending()
        #expect(
            ending
                == Program.Ending(
                    status: 0,
                    output: """
                        00000000  00 ff 48 65 6c 6c 6f 0a  20 41                    |..Hello. A|
                        0000000a

                        """, error: ""))
    }

    @Test(arguments: ["4", "48 6", "1 2", "486 56c", "0x48", "hello", "４８"])
    func whatIsNoHexIsWrongUsage(text: String) throws {
        let ending = try Program.letterbox("client", "--hex", "127.0.0.1", text).ending()
        #expect(ending.status == 64)
        #expect(
            ending.error.contains("--hex takes pairs of hexadecimal digits, such as \"48 65 6c\", not \"\(text)\"."))
    }

    // MARK: - Several replies

    private func client(_ peer: UDPPeer, _ arguments: String...) throws -> Program {
        try Program(Binaries.letterbox, ["client", "--port", "\(peer.address.port)", "127.0.0.1", "hello"] + arguments)
    }

    @Test func soManyRepliesAreTakenFromWhoever() throws {
        let (peer, other) = (UDPPeer(), UDPPeer())
        let program = try client(peer, "--replies", "3", "--timeout", "60s")
        let sender = try peer.receive().sender
        peer.send("one", to: sender)
        try program.output(containing: "one\n")
        other.send("two", to: sender)
        try program.output(containing: "two\n")
        peer.send("three", to: sender)
        let ending = try program.ending()
        #expect(ending.status == 0)
        let lines = ending.output.split(separator: "\n")
        let pattern = #/(\S+) \d+\.\d{3} ms: (\w+)/#
        let found = lines.compactMap { $0.wholeMatch(of: pattern).map { "\($0.1) \($0.2)" } }
        #expect(found == ["\(peer.address) one", "\(other.address) two", "\(peer.address) three"])
    }

    @Test func allThatComeInTimeAreTaken() throws {
        let peer = UDPPeer()
        let program = try client(peer, "--replies", "all", "--timeout", "1s")
        let sender = try peer.receive().sender
        for _ in 0..<2 { peer.send("a", to: sender) }
        let ending = try program.ending()
        #expect(ending.status == 0)
        #expect(ending.output.split(separator: "\n").count == 2)
    }

    @Test(arguments: [("2", "1 of 2 replies came within 3s"), ("all", "")])
    func fewerThanWantedIsAFailure(count: String, problem: String) throws {
        let peer = UDPPeer()
        let program = try client(peer, "--replies", count, "--timeout", "3s")
        try peer.reply("a")
        let ending = try program.ending()
        #expect(ending.status == (problem.isEmpty ? 0 : 1))
        #expect(ending.error == (problem.isEmpty ? "" : "letterbox: \(problem)\n"))
    }

    @Test func noReplyIsAFailure() throws {
        let peer = UDPPeer()
        let ending = try client(peer, "--replies", "all", "--timeout", "1ms").ending()
        #expect(ending.status == 1)
        #expect(ending.errorLines == ["letterbox: no reply came within 1ms"])
    }

    @Test func aRefusalIsToldAtOnce() throws {
        let server = UDPPeer.closedAddress()
        let ending = try Program.letterbox(
            "client", server.host, "hello", "--port", "\(server.port)", "--replies", "all", "--timeout", "60s"
        ).ending()
        #expect(ending.status == 1)
        #expect(ending.errorLines == ["letterbox: no server listens at \(server): is it running?"])
    }

    @Test(arguments: ["0", "10001", "some", "-1"])
    func whatIsNoCountIsWrongUsage(count: String) throws {
        let ending = try Program(Binaries.letterbox, ["client", "127.0.0.1", "a", "--replies=\(count)"]).ending()
        #expect(ending.status == 64)
        #expect(ending.error.contains("a whole number is needed, from 1 to 10000, or all."))
    }

    @Test func oneWhoCollectsSendsOnce() throws {
        let ending = try Program.letterbox("client", "127.0.0.1", "a", "--replies", "2", "--attempts", "2").ending()
        #expect(ending.status == 64)
        #expect(ending.error.contains("--replies sends once: leave --attempts out."))
    }
}
