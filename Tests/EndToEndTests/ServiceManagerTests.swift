import CurlClient
import Foundation
import Glibc
import TestSupport
import Testing

/// A service manager that holds the listening socket and wants to know how the gateway is.
@Suite struct ServiceManagerTests {
    private static let script = Repository.root.appending(path: "scripts/restarts").path

    @Test func `a restart with an inherited socket loses nothing, and is told`() throws {
        let program = try Program(
            "/usr/bin/env", ["python3", Self.script, "--runs", "3", "--program", Binaries.letterbox])
        let ending = try program.ending()
        #expect(ending.status == 0, "\(ending.output) \(ending.error)")
        #expect(ending.output.hasSuffix("| 0 |\n"))
    }

    /// Starts the gateway with descriptor 3 opened by the shell.
    private func start(_ redirection: String, _ variables: String) throws -> Program.Ending {
        let command =
            "exec \(redirection); LISTEN_PID=$$ \(variables) exec \"$0\" --port 0 --server-port 0"
        return try Program("/bin/sh", ["-c", command, Binaries.letterbox]).ending()
    }

    @Test(arguments: [
        ("3</dev/null", "LISTEN_FDS=1", "the inherited descriptor 3 is no stream socket that listens"),
        ("3<&-", "LISTEN_FDS=1", "the inherited descriptor 3 is no stream socket that listens"),
        ("3</dev/null", "LISTEN_FDS=some", "LISTEN_FDS is \"some\", and no number of sockets"),
        ("3</dev/null", "LISTEN_FDS=1025", "LISTEN_FDS is \"1025\", and no number of sockets"),
    ])
    func `what is no socket is told`(redirection: String, variables: String, sentence: String) throws {
        let ending = try start(redirection, variables)
        #expect(ending.status == 2)
        #expect(ending.error.contains(sentence), "\(ending.error)")
    }

    /// A second socket of a purpose would have callers, and no answers.
    @Test(arguments: [
        (2, "one:two", "2 sockets are inherited, and the gateway listens at one: leave one ListenStream="),
        (3, "http:admin:admin", "2 sockets named admin are inherited, and health and metrics have one: leave one"),
    ])
    func `a socket too many is no start`(count: Int, names: String, sentence: String) throws {
        let script = """
            import os, socket, sys
            for number in range(3, 3 + int(sys.argv[1])):
                listener = socket.socket(); listener.bind(("127.0.0.1", 0)); listener.listen(16)
                os.dup2(listener.detach(), number + 10); os.dup2(number + 10, number); os.set_inheritable(number, True)
            os.environ.update(LISTEN_FDS=sys.argv[1], LISTEN_FDNAMES=sys.argv[2], LISTEN_PID=str(os.getpid()))
            os.execv(sys.argv[3], [sys.argv[3], "--server-port", "0"])
            """
        let words = ["python3", "-c", script, "\(count)", names, try Binaries.letterbox]
        let ending = try Program("/usr/bin/env", words).ending()
        #expect(ending.status == 64 && ending.error.contains("letterbox: \(sentence)"), "\(ending.error)")
    }

    /// A manager with much to read, whose queue is full at the start and at a reload.
    private static let busyManager = """
        import os, signal, socket, subprocess, sys, time
        name = "letterbox-%d" % os.getpid()
        manager, *others = [socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(9)]
        manager.bind("\\0" + name)
        manager.settimeout(60)
        def fill():
            # A sender's own buffer may be full before the manager's queue is.
            for other in others:
                other.setblocking(False)
                try:
                    while True: other.sendto(b"X", "\\0" + name)
                except BlockingIOError: pass
        def receive():
            while (message := manager.recv(4096)) == b"X": pass
            print(message.split(b"\\n")[0].decode())
        fill()
        gateway = subprocess.Popen(
            sys.argv[1:], stderr=subprocess.PIPE, env=os.environ | {"NOTIFY_SOCKET": "@" + name})
        while not gateway.stderr.readline().startswith(b"The gateway is ready"): pass
        time.sleep(0.3)
        receive()
        fill()
        gateway.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        for _ in range(2): receive()
        gateway.terminate()
        receive()
        gateway.wait()
        """

    @Test(.timeLimit(.minutes(2)), .enabled(if: Binaries.has("python3"), "python3 is not installed"))
    func `a manager with a full queue hears of everything later`() throws {
        let words = ["-c", Self.busyManager, try Binaries.letterbox, "--port", "0", "--server-port", "0"]
        let ending = try Program("python3", words).ending()
        #expect(ending.status == 0, "\(ending)")
        #expect(ending.output == "READY=1\nRELOADING=1\nREADY=1\nSTOPPING=1\n")
    }

    @Test(arguments: [
        "LISTEN_PID=1 LISTEN_FDS=1", "LISTEN_FDS=1", "LISTEN_PID=self LISTEN_FDS=0", "NOTIFY_SOCKET=/no/such",
    ])
    func `what is meant for another process, or is nothing, is left alone`(variables: String) throws {
        let words = variables.split(separator: " ").map(String.init)
        let gateway = try RunningGateway(
            Program("/usr/bin/env", words + [Binaries.letterbox, "--port", "0", "--server-port", "0"]))
        #expect(try gateway.post("hello").text == "HELLO")
        #expect(try gateway.program.ending(after: SIGTERM).status == 0)
    }
}
