import Glibc
import System
import TestSupport
import Testing

/// The client where a person types.
@Suite struct TerminalTests {
    /// A client whose standard input is a terminal, and the terminal's other end.
    private final class Session {
        let client: Program
        private let person, line: Int32
        private var seen: [UInt8] = []

        init(_ server: SocketAddress, _ arguments: [String] = [], term: String? = "xterm", to file: String? = nil)
            throws
        {
            (person, line) = openTerminal()
            let client = try [Binaries.letterbox, "client", "--port", "\(server.port)", "--timeout", "60s"]
            let shell = file.map { ["sh", "-c", "exec \"$@\" > \($0)", "sh"] } ?? []
            self.client = try Program(
                "env", [term.map { "TERM=\($0)" } ?? "--unset=TERM"] + shell + client + arguments,
                input: .descriptor(line))
        }

        deinit { for end in [person, line] { close(end) } }

        func type(_ text: String) { typeText(text, at: person) }

        /// Waits until the person has seen this text behind what was waited for before.
        func see(_ text: String) throws {
            while true {
                let shown = String(decoding: seen, as: UTF8.self)
                if let range = shown.firstRange(of: text) {
                    seen = Array(shown[range.upperBound...].utf8)
                    return
                }
                var ready = pollfd(fd: person, events: Int16(POLLIN), revents: 0)
                try #require(
                    unsafe poll(&ready, 1, 60_000) == 1, "\(text.debugDescription) in \(shown.debugDescription)")
                var chunk = [UInt8](repeating: 0, count: 65_536)
                let count = check(Int32(unsafe read(person, &chunk, chunk.count)))
                seen += chunk[..<Int(count)]
            }
        }

        /// Whether the terminal is in the mode that it was opened with.
        var isRestored: Bool {
            var settings = termios()
            check(unsafe tcgetattr(line, &settings))
            return settings.c_lflag & tcflag_t(ICANON | ECHO | ISIG) == tcflag_t(ICANON | ECHO | ISIG)
        }
    }

    private static let prompt = "Input lowercase sentence: "

    @Test func theTerminalIsAskedAndTheFileGetsReplies() throws {
        let server = try RunningServer()
        let session = try Session(server.address)
        try session.see(Self.prompt)
        session.type("hello\r")
        try session.client.output(containing: "HELLO\n")
        try session.see("hello")
        try session.see(Self.prompt)
        session.type("\u{4}")
        #expect(try session.client.ending() == Program.Ending(status: 0, output: "HELLO\n", error: ""))
        #expect(session.isRestored)
    }

    /// A terminal by itself keeps 4,095 bytes of a line, and does not tell.
    @Test func aLongLineIsWhole() throws {
        let server = try RunningServer()
        let session = try Session(server.address)
        try session.see(Self.prompt)
        for _ in 0..<100 {
            session.type(String(repeating: "a", count: 99) + "b")
            try session.see("b\u{1b}[K")
        }
        session.type("\r")
        try session.see(Self.prompt)
        try session.see(Self.prompt)
        let text = String(repeating: String(repeating: "A", count: 99) + "B", count: 100)
        #expect(try session.client.output(containing: "\n") == text + "\n")
    }

    @Test func aLineCanBeChanged() throws {
        let server = try RunningServer()
        let session = try Session(server.address)
        // Left twice, backspace, the end, a word taken back; then the same line again, with a letter more.
        for (keys, reply) in [
            ("hexlo\u{1b}[D\u{1b}[D\u{7f}l\u{5} you\u{17}me\r", "HELLO ME\n"), ("\u{1b}[A!\r", "HELLO ME!\n"),
        ] {
            try session.see(Self.prompt)
            session.type(keys)
            try session.client.output(containing: reply)
        }
    }

    @Test func ctrlCEndsTheClientAsEver() throws {
        let server = try RunningServer()
        let session = try Session(server.address)
        try session.see(Self.prompt)
        session.type("hel\u{3}")
        #expect(try session.client.ending().status == -SIGINT)
        #expect(session.isRestored)
    }

    /// A terminal signals all programs in its foreground: the script around the client ends, too (termios(3), ISIG).
    @Test(arguments: [("\u{3}", SIGINT), ("\u{1c}", SIGQUIT)]) func aKeyEndsTheScriptAroundTheClient(
        key: String, signal: Int32
    ) throws {
        let (person, line) = openTerminal()
        defer { for end in [person, line] { close(end) } }
        let script = "echo BEGUN; \"$1\" client --port 9 > /dev/null; echo WENT-ON"
        let words = try ["--ctty", "env", "TERM=xterm", "sh", "-c", script, "sh", Binaries.letterbox]
        let session = try Program("setsid", words, input: .descriptor(line))
        var shown = ""
        while !shown.contains(Self.prompt) {
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = check(Int32(unsafe read(person, &bytes, bytes.count)))
            shown += String(decoding: bytes[..<Int(count)], as: UTF8.self)
        }
        typeText(key, at: person)
        #expect(try session.ending() == Program.Ending(status: -signal, output: "BEGUN\n", error: ""))
    }

    /// While a reply is waited for the keys are read, too.
    @Test func ctrlCEndsAnExchange() throws {
        let peer = UDPPeer()
        let session = try Session(peer.address)
        try session.see(Self.prompt)
        session.type("hello\r")
        _ = try peer.receive()
        session.type("\u{3}")
        #expect(try session.client.ending().status == -SIGINT)
        #expect(session.isRestored)
    }

    @Test(arguments: [SIGTERM, SIGHUP, SIGINT, SIGQUIT])
    func aSignalFromElsewhereRestoresTheTerminal(signal: Int32) throws {
        let session = try Session(UDPPeer().address)
        try session.see(Self.prompt)
        #expect(!session.isRestored)
        #expect(try session.client.ending(after: signal) == Program.Ending(status: -signal, output: "", error: ""))
        #expect(session.isRestored)
    }

    /// nohup(1) and shells without job control start programs so, which are to stay.
    @Test func anIgnoredSignalStaysIgnored() throws {
        let server = try RunningServer()
        let client = try "\(Binaries.letterbox) client --port \(server.address.port) --timeout 60s"
        let program = try Program("sh", ["-c", "trap '' HUP QUIT; exec \(client)"], input: .open)
        program.write("one\n")
        try program.output(containing: "ONE\n")
        for signal in [SIGHUP, SIGQUIT] { program.signal(signal) }
        program.write("two\n")
        try program.output(containing: "TWO\n")
    }

    @Test func aReplyThatCannotBeWrittenRestoresTheTerminal() throws {
        let server = try RunningServer()
        let session = try Session(server.address, to: "/dev/full")
        try session.see(Self.prompt)
        session.type("hello\r")
        let ending = try session.client.ending()
        #expect(ending.status == 1)
        #expect(ending.errorLines == ["letterbox: cannot write standard output: No space left on device"])
        #expect(session.isRestored)
    }

    @Test func whatIsNoBytesInHexIsTold() throws {
        let server = try RunningServer(["--service", "echo"])
        let session = try Session(server.address, ["--hex"])
        try session.see(Self.prompt)
        session.type("4\r")
        let line = try session.client.errorLine(startingWith: "letterbox: ")
        #expect(line == "letterbox: \"4\" is not bytes in hexadecimal, such as 48 65 6c: left out")
        try session.see(Self.prompt)
        session.type("48 69\r")
        try session.client.output(containing: "|Hi|\n")
        session.type("\u{4}")
        #expect(try session.client.ending().status == 1)
    }

    /// A terminal that cannot move its cursor keeps its own line.
    @Test(arguments: ["dumb", nil])
    func aDumbTerminalGetsAPromptAlone(term: String?) throws {
        let server = try RunningServer()
        let session = try Session(server.address, term: term)
        try session.see(Self.prompt)
        #expect(session.isRestored)
        session.type("hello\n")
        try session.client.output(containing: "HELLO\n")
        try session.see(Self.prompt)
        session.type("\u{4}")
        #expect(try session.client.ending() == Program.Ending(status: 0, output: "HELLO\n", error: ""))
    }

    /// Standard output is the terminal as well: what a server sends is shown there, and not obeyed.
    @Test func aReplyIsShownAndNotObeyed() throws {
        let (person, line) = openTerminal()
        defer { for end in [person, line] { close(end) } }
        let server = try RunningServer(["--service", "echo"])
        let command = try "\(Binaries.letterbox) client --port \(server.address.port) 127.0.0.1 "
        let script = try Program(
            "sh", ["-c", "\(command) \"$(printf 'a\\033[2Jb\\a\\tc\\nd\\342\\200\\256e')\" > /dev/fd/0"],
            input: .descriptor(line))
        #expect(try script.ending().status == 0)
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = check(Int32(unsafe read(person, &bytes, bytes.count)))
        #expect(String(decoding: bytes[..<Int(count)], as: UTF8.self) == "a\\x1b[2Jb\\x07\tc\r\nd\\u{202e}e\r\n")
    }

    /// Swift's handler of QUIT, which asks for a debugger, must not take the key's signal.
    @Test func ctrlBackslashEndsTheClientAtOnce() throws {
        let session = try Session(UDPPeer().address)
        try session.see(Self.prompt)
        session.type("\u{1c}")
        #expect(try session.client.ending() == Program.Ending(status: -SIGQUIT, output: "", error: ""))
        #expect(session.isRestored)
    }

    /// As every program that does not read signals.
    @Test func aQuitIsNoCrash() throws {
        let server = try RunningServer()
        let client = try Program.letterbox("client", "--port", "\(server.address.port)", input: .open)
        client.write("one\n")
        try client.output(containing: "ONE\n")
        #expect(try client.ending(after: SIGQUIT) == Program.Ending(status: -SIGQUIT, output: "ONE\n", error: ""))
    }
}
