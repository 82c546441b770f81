import CurlClient
import Foundation
import Glibc
import System
import Testing

/// Signals in the first moments of a program: before it has read its settings it waits for a pipe.
@Suite struct EarlySignalTests {
    /// Runs `body` while a command waits for the content of its settings file.
    private func whileItStarts(
        _ arguments: [String], environment: [String] = [],
        _ body: (_ program: Program, _ file: FileHandle) throws -> Void
    ) throws {
        let pipe = FileManager.default.temporaryDirectory.appending(path: "letterbox-\(UUID())").path
        try #require(unsafe mkfifo(pipe, 0o600) == 0)
        defer { unsafe unlink(pipe) }
        let words = environment + [try Binaries.letterbox] + arguments + ["--config", pipe]
        let program = try Program("/usr/bin/env", words)
        // Waits for the reader (fifo(7)).
        let file = try #require(FileHandle(forWritingAtPath: pipe))
        try body(program, file)
    }

    /// A HUP is performed after the ready line, and the others have no effect.
    @Test(arguments: [SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGIO, 40]) func `it starts`(signal: Int32) throws {
        try whileItStarts(["--port", "0", "--server-port", "0"]) { program, file in
            program.signal(signal)
            try file.write(contentsOf: Data("timeout 3s\n".utf8))
            try file.close()
            let gateway = try RunningGateway(program)
            // By now the pipe has no writer.
            if signal == SIGHUP { _ = try program.errorLine(containing: "No data available") }
            #expect(try gateway.post("hello").text == "HELLO")
            #expect(try program.ending(after: SIGTERM).status == 0)
        }
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGQUIT], [[], ["--check=false"]])
    func `it ends at once, as during the rest of the start`(signal: Int32, flags: [String]) throws {
        let environment = flags.isEmpty ? [] : ["LETTERBOX_CHECK=true"]
        try whileItStarts(flags + ["--port", "0", "--server-port", "0"], environment: environment) { program, _ in
            let ending = try program.ending(after: signal)
            #expect(ending == Program.Ending(status: 0, output: "", error: ""))
        }
    }

    /// A check and the doctor handle no signals, and one that is cut has not succeeded.
    @Test(
        arguments: [
            ([], ["--check"]), ([], ["--check=true"]), (["LETTERBOX_CHECK=true"], []), ([], ["doctor"]),
        ] as [(environment: [String], arguments: [String])], [SIGHUP, SIGTERM])
    func `a check is ended`(command: (environment: [String], arguments: [String]), signal: Int32) throws {
        try whileItStarts(command.arguments, environment: command.environment) { program, _ in
            let ending = try program.ending(after: signal)
            #expect(ending.status == -signal)
        }
    }

    /// A command without handlers keeps the defaults, and those that the caller of the program has set.
    @Test(arguments: [(SIGHUP, false), (SIGHUP, true), (SIGUSR1, false), (SIGTERM, false)]) func `a client is ended`(
        signal: Int32, isIgnored: Bool
    ) throws {
        // Other tests of this process may have left signals ignored, which programs inherit.
        let words = [isIgnored ? "nohup" : "--default-signal", try Binaries.letterbox]
        let peer = UDPPeer()
        let client = ["client", "--port", "\(peer.address.port)", "127.0.0.1", "--timeout", "60s"]
        let program = try Program("/usr/bin/env", words + client, input: .bytes(Array("hello\n".utf8)))
        let (_, sender) = try peer.receive()
        program.signal(signal)
        if isIgnored { peer.send("still here", to: sender) }
        let ending = try program.ending()
        #expect(ending.status == (isIgnored ? 0 : -signal) && ending.output == (isIgnored ? "still here\n" : ""))
    }
}
