import Glibc
import System
import Testing

/// Programs whose standard streams are not read, have lost their reader, or are closed.
@Suite struct StandardStreamTests {
    /// Runs the program of its words with a full pipe as standard error, whose reader is the program itself.
    private static let stalled = """
        import os, sys
        reader, writer = os.pipe()
        os.set_inheritable(reader, True)
        os.set_blocking(writer, False)
        try:
            while True: os.write(writer, b"x" * 4096)
        except BlockingIOError: pass
        os.set_blocking(writer, True)
        os.dup2(writer, 2)
        os.execv(sys.argv[1], sys.argv[1:])
        """

    /// Runs the program of its words with pipes as standard output and error whose readers are gone.
    private static let abandoned = """
        import os, signal, sys
        # The interpreter ignores it, and a program inherits that (execve(2)).
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        for stream in (1, 2):
            reader, writer = os.pipe()
            os.dup2(writer, stream)
            os.close(reader)
        os.execv(sys.argv[1], sys.argv[1:])
        """

    /// Sends datagrams whose replies cannot be sent, for they come from port 0.
    static let offender = """
        import socket, struct, time
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
        for number in range(1500):
            raw.sendto(struct.pack(">HHHH", 0, 12000, 9, 0) + b"x", ("127.0.0.1", 0))
            if number % 50 == 49: time.sleep(0.001)
        """

    /// Without a ready line the client finds out: it asks until there is an answer.
    private static let asks = """
        until "$1" client 127.0.0.1 ready --timeout 200ms > /dev/null 2>&1; do kill -0 $server; done
        python3 -c "$3"
        "$1" client 127.0.0.1 hello --timeout 20s --attempts 20
        """

    @Test(
        .enabled(if: PrivateHost.obstacle == nil, Comment(rawValue: PrivateHost.obstacle ?? "")),
        arguments: [stalled, abandoned], ["server --host 127.0.0.1", "gateway --port 0"])
    func `a server answers on, whether or not its log is read`(launcher: String, command: String) throws {
        let script = "python3 -c \"$2\" \"$1\" \(command) & server=$!; \(Self.asks); kill $server; wait $server"
        let words = [try Binaries.letterbox, launcher, Self.offender]
        let ending = try PrivateHost.start(script, words).ending()
        #expect(ending.status == 0 && ending.output == "HELLO\n", "\(ending)")
    }

    @Test(
        .enabled(if: PrivateHost.obstacle == nil, Comment(rawValue: PrivateHost.obstacle ?? "")),
        arguments: [stalled, abandoned])
    func `the noise passes datagrams on, whether or not its lines are read`(launcher: String) throws {
        let noise = "noise --port 12000 --to 127.0.0.1:12005 --verbose"
        let script = """
            "$1" server --host 127.0.0.1 --port 12005 2> /dev/null &
            python3 -c "$2" "$1" \(noise) 1>&2 & server=$!
            \(Self.asks); kill $server; wait $server
            """
        let launcher = launcher.replacing("os.dup2(writer, 2)", with: "os.dup2(writer, 2); os.dup2(writer, 1)")
        let ending = try PrivateHost.start(script, [Binaries.letterbox, launcher, Self.offender]).ending()
        #expect(ending.status == 0 && ending.output == "HELLO\n", "\(ending)")
    }

    @Test(
        .enabled(if: PrivateHost.obstacle == nil, Comment(rawValue: PrivateHost.obstacle ?? "")))
    func `replies that cannot be sent are told of once a second`() throws {
        let script =
            "\"$1\" server --host 127.0.0.1 2> /dev/stderr & server=$!; \(Self.asks); kill $server; wait $server"
        let words = [try Binaries.letterbox, "", Self.offender]
        let ending = try PrivateHost.start(script, words).ending()
        #expect(ending.status == 0 && ending.output == "HELLO\n", "\(ending)")
        let warnings = ending.errorLines.filter { $0.contains(" warning server: cannot send 127.0.0.1:0: ") }
        #expect((1...60).contains(warnings.count), "\(ending.error)")
    }

    /// The reader of a full pipe takes its time.
    @Test(.enabled(if: Binaries.has("python3"), "python3 is not installed"))
    func `the reason why a program does not start is not dropped`() throws {
        let slow = """
            import os, sys, time
            reader, writer = os.pipe()
            os.set_blocking(writer, False)
            try:
                while True: os.write(writer, b"x" * 4096)
            except BlockingIOError: pass
            os.set_blocking(writer, True)
            if os.fork() == 0:
                os.close(writer)
                time.sleep(1)
                while chunk := os.read(reader, 65536): os.write(1, chunk.strip(b"x"))
                os._exit(0)
            os.dup2(writer, 2)
            os.close(writer)
            os.close(reader)
            os.execv(sys.argv[1], sys.argv[1:])
            """
        let words = try ["-c", slow, Binaries.letterbox, "server", "--host", "192.0.2.1"]
        let ending = try Program("python3", words).ending()
        #expect(ending.status == 2 && ending.output.hasPrefix("letterbox: cannot bind 192.0.2.1:12000: "), "\(ending)")
    }

    /// Another program that has the pipe open may have made it so (open(2), "Open file descriptions").
    @Test(.enabled(if: Binaries.has("python3"), "python3 is not installed"))
    func `output waits for its reader, also where the pipe does not block`() throws {
        let slow = """
            import fcntl, os, sys, time
            reader, writer = os.pipe()
            fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
            os.set_blocking(writer, False)
            if os.fork() == 0:
                os.close(writer)
                time.sleep(1)
                while chunk := os.read(reader, 65536): os.write(1, chunk)
                os._exit(0)
            os.dup2(writer, 1)
            os.close(writer)
            os.close(reader)
            os.execv(sys.argv[1], sys.argv[1:])
            """
        let words = try [Binaries.letterbox, "gateway", "--help"]
        let ending = try Program("python3", ["-c", slow] + words).ending()
        let whole = try Program(words[0], Array(words[1...])).ending()
        #expect(ending == whole && whole.output.utf8.count > 4096)
    }

    /// A command that prints for a waiting person ends with its reader, as other filters do.
    @Test(.timeLimit(.minutes(1)), arguments: ["client", "ping --count 1000000 --interval 0s"])
    func `a command in the foreground ends with its reader`(command: String) throws {
        let server = try RunningServer()
        // yes(1) complains itself where the test runner ignores SIGPIPE.
        let script = "yes hello 2> /dev/null | \"$1\" \(command) --port \(server.address.port) | head -n 1"
        let ending = try Program("sh", ["-c", script, "sh", Binaries.letterbox]).ending()
        #expect(ending.status == 0 && ending.output.split(separator: "\n").count == 1 && ending.error.isEmpty)
    }

    /// Replies came, so that status 1 would say something else.
    @Test(arguments: [("DFL", 141), ("IGN", 1)])
    func `a command whose reader is gone ends as SIGPIPE ends it`(handler: String, status: Int32) throws {
        let server = try RunningServer()
        let start = """
            import os, signal, sys
            signal.signal(signal.SIGPIPE, signal.SIG_\(handler))
            os.execv(sys.argv[1], sys.argv[1:])
            """
        for command in ["client", "ping --count 1000000 --interval 0s"] {
            let words = "\(command) --port \(server.address.port)"
            let script = "yes hello 2> /dev/null | { python3 -c '\(start)' \"$1\" \(words); echo $? >&2; } | head -n 1"
            let ending = try Program("sh", ["-c", script, "sh", Binaries.letterbox]).ending()
            #expect(ending.error == "\(status)\n", "\(command)")
        }
    }

    /// As cat(1) does.
    @Test(arguments: [
        "--help", "gateway --help", "help ping", "--version", "--generate-completion-script bash", "--check",
        "doctor --json", "client 127.0.0.1 hello",
    ])
    func `what cannot be written is a failure`(words: String) throws {
        let server = try RunningServer()
        let port = words.hasPrefix("client") ? "--port \(server.address.port)" : ""
        for (output, reason) in [(">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")] {
            let script = "\"$1\" \(words) \(port) \(output)"
            let ending = try Program("sh", ["-c", script, "sh", Binaries.letterbox]).ending()
            #expect(ending.status == 1, "\(output)")
            #expect(ending.error == "letterbox: cannot write standard output: \(reason)\n")
        }
    }

    @Test func `so it is for the probe`() throws {
        let ending = try Program("sh", ["-c", "\"$1\" --help > /dev/full", "sh", Binaries.probe]).ending()
        #expect(ending.status == 1)
        #expect(ending.error == "letterbox-probe: cannot write standard output: No space left on device\n")
    }

    /// A socket must not take a closed stream's number: what the program says would go to a peer.
    @Test func `closed streams are not taken for sockets`() throws {
        let port = UDPPeer().address.port
        let script = """
            "$1" server --host 127.0.0.1 --port \(port) 0<&- 1>&- 2>&- & server=$!
            until "$1" client 127.0.0.1 ready --port \(port) --timeout 200ms > /dev/null 2>&1; do kill -0 $server; done
            for number in 0 1 2; do readlink /proc/$server/fd/$number; done
            kill $server; wait $server
            """
        let ending = try Program("sh", ["-c", script, "sh", Binaries.letterbox]).ending()
        #expect(ending.output == "/dev/null\n/dev/null\n/dev/null\n", "\(ending)")
    }

    /// The first socket of each is towards the peer, who would be sent the sentence that says what has failed.
    @Test(arguments: ["client", "ping --count 1 --interval 0s"])
    func `no peer is sent what a command says`(command: String) throws {
        let peer = UDPPeer()
        // The pinger ends before its first probe where it has nowhere to print.
        let output = command == "client" ? "1>&-" : "1>/dev/null"
        let script = "\"$1\" \(command) --port \(peer.address.port) --timeout 50ms $2 0<&- \(output) 2>&- || true"
        let text = command == "client" ? "127.0.0.1 hello" : ""
        _ = try Program("sh", ["-c", script, "sh", Binaries.letterbox, ""].dropLast() + [text]).ending()
        peer.send("the last", to: peer.address)
        var datagrams: [String] = []
        repeat {
            datagrams.append(String(decoding: try peer.receive().bytes, as: UTF8.self))
        } while datagrams.last != "the last"
        #expect(
            datagrams.count >= 2 && !datagrams.contains { $0.contains("letterbox") || $0.contains("PING") },
            "\(datagrams)")
    }
}
