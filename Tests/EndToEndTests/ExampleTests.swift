import System
import Testing

/// The programs in Examples beside the tutorial's in Python, each way.
@Suite struct ExampleTests {
    private func start(_ arguments: String...) throws -> (program: Program, address: SocketAddress) {
        let program = try Program(Binaries.path(of: "UDPServer"), arguments)
        let prefix = "The server is ready to receive at "
        let line = try program.output(containing: "\n")
        try #require(line.hasPrefix(prefix))
        return (program, try SocketAddress(numeric: line.dropFirst(prefix.count).dropLast()))
    }

    private func ask(_ server: SocketAddress, _ line: String) throws -> Program.Ending {
        try Program(Binaries.path(of: "UDPClient"), ["\(server)"], input: .bytes(Array("\(line)\n".utf8))).ending()
    }

    @Test(arguments: [("hello", "HELLO"), ("straße", "STRASSE"), ("", "")])
    func theTwoTalkToEachOther(line: String, reply: String) throws {
        let server = try start("127.0.0.1:0")
        let expected = Program.Ending(status: 0, output: "Input lowercase sentence:\(reply)\n", error: "")
        #expect(try ask(server.address, line) == expected)
        #expect(try ask(server.address, line) == expected, "the server goes on")
    }

    @Test(.enabled(if: Binaries.has("python3"), "python3 is not installed"))
    func ourClientAsksTheTutorialsServer() throws {
        let server = try Tutorial.startServer()
        #expect(try ask(server.address, "hello from swift").output == "Input lowercase sentence:HELLO FROM SWIFT\n")
    }

    @Test(.enabled(if: Binaries.has("python3"), "python3 is not installed"))
    func theTutorialsClientAsksOurServer() throws {
        let server = try start("127.0.0.1:0")
        let client = try Program(
            "python3", ["-c", Tutorial.client(asking: server.address)], input: .bytes(Array("hello\n".utf8)))
        #expect(try client.ending().output == "Input lowercase sentence:HELLO\n")
    }

    /// As the tutorial's client, ours asks the IPv4 address of a name that has one, also where another is in front of it.
    @Test(.enabled(if: PrivateHost.obstacle == nil, Comment(rawValue: PrivateHost.obstacle ?? "")))
    func aNameWithAddressesOfBothFamilies() throws {
        let script = """
            mount -t tmpfs none /mnt
            printf '::1 twins\n127.0.0.1 twins\n' > /mnt/hosts
            mount --bind /mnt/hosts /etc/hosts
            "$1" 0.0.0.0:12000 > /mnt/told &
            until grep -qs ready /mnt/told; do :; done
            echo hello | timeout 20 "$2" twins:12000
            """
        let programs = try [Binaries.path(of: "UDPServer"), Binaries.path(of: "UDPClient")]
        let ending = try PrivateHost.start(script, programs).ending()
        #expect(ending == Program.Ending(status: 0, output: "Input lowercase sentence:HELLO\n", error: ""))
    }

    /// As the tutorial's: what is beyond 2,048 bytes does not arrive.
    @Test(arguments: [2047, 2048, 2049])
    func aLongLineIsCut(length: Int) throws {
        let server = try start("127.0.0.1:0")
        let reply = String(repeating: "X", count: min(length, 2048))
        #expect(
            try ask(server.address, String(repeating: "x", count: length)).output
                == "Input lowercase sentence:\(reply)\n")
    }

    /// A reply to port 0 cannot be sent.
    @Test(.enabled(if: PrivateHost.obstacle == nil, Comment(rawValue: PrivateHost.obstacle ?? "")))
    func aReplyThatCannotBeSentIsNotTheEnd() throws {
        let script = """
            "$1" 127.0.0.1:12000 > /dev/null & server=$!
            until "$2" client 127.0.0.1 ready --timeout 200ms > /dev/null 2>&1; do kill -0 $server; done
            python3 -c "$3"
            "$2" client 127.0.0.1 hello --timeout 20s --attempts 20
            kill $server
            """
        let words = try [Binaries.path(of: "UDPServer"), Binaries.letterbox, StandardStreamTests.offender]
        let ending = try PrivateHost.start(script, words).ending()
        #expect(ending == Program.Ending(status: 0, output: "HELLO\n", error: ""))
    }

    @Test func whatCannotStartSaysWhy() throws {
        let server = try start("127.0.0.1:0")
        for (program, argument, reason) in [
            ("UDPServer", "\(server.address)", "cannot bind \(server.address): Address already in use"),
            ("UDPServer", "12000", "12000 is no address and port, such as 0.0.0.0:12000"),
            ("UDPClient", "localhost", "localhost is no name and port, such as localhost:12000"),
        ] {
            let ending = try Program(Binaries.path(of: program), [argument]).ending()
            #expect(ending == Program.Ending(status: 1, output: "", error: "\(program): \(reason)\n"))
        }
    }
}
