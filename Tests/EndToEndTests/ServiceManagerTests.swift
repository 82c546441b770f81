import CurlClient
import Foundation
import Glibc
import Testing

/// A service manager that holds the listening socket and wants to know how the gateway is.
@Suite struct ServiceManagerTests {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../scripts/restarts").path

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
