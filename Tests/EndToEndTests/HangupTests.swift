import CurlClient
import Glibc
import System
import Testing

/// HUP: the terminal of a program is closed, or settings are to be read again.
@Suite struct HangupTests {
    /// A program whose session has a terminal, and the person's end of that.
    private func started(_ arguments: [String]) throws -> (program: Program, person: Int32) {
        let (person, line) = openTerminal()
        defer { close(line) }
        let words = ["--ctty", "env", "--default-signal=HUP", try Binaries.letterbox] + arguments
        return (try Program("setsid", words, input: .descriptor(line)), person)
    }

    private static let ready = [
        "server": "The server is ready", "noise": "The noise is ready", "gateway": "The gateway is ready",
    ]

    private func wait(for program: Program, _ command: String) throws {
        if let text = Self.ready[command] {
            try program.error(containing: text)
        } else {
            try program.output(containing: "PING")
        }
    }

    @Test(arguments: [
        ["gateway", "--port", "0", "--server-port", "0"], ["server", "--port", "0"], ["noise", "--port", "0"],
        ["ping", "--interval", "60m", "--timeout", "60m"],
    ])
    func `a program ends with its terminal, as TERM ends it`(arguments: [String]) throws {
        let (program, person) = try started(arguments)
        do {
            defer { close(person) }
            try wait(for: program, arguments[0])
        }
        #expect(try program.ending().status == (arguments[0] == "ping" ? 1 : 0))
    }

    @Test(arguments: [
        ["server", "--port", "0"], ["noise", "--port", "0"], ["ping", "--interval", "60m", "--timeout", "60m"],
    ])
    func `a HUP ends a program that has nothing to read again`(arguments: [String]) throws {
        let program = try Program("env", ["--default-signal=HUP", Binaries.letterbox] + arguments)
        try wait(for: program, arguments[0])
        #expect(try program.ending(after: SIGHUP).status == (arguments[0] == "ping" ? 1 : 0))
    }

    /// nohup(1) starts programs so, which are to stay.
    @Test(arguments: [
        ["gateway", "--port", "0", "--server-port", "0"], ["server", "--host", "127.0.0.1", "--port", "0"],
    ])
    func `an ignored HUP ends nothing`(arguments: [String]) throws {
        let (person, line) = openTerminal()
        let words = ["--ctty", "env", "--ignore-signal=HUP", try Binaries.letterbox] + arguments
        let program = try Program("setsid", words, input: .descriptor(line))
        let gateway = arguments[0] == "gateway" ? try RunningGateway(program) : nil
        let server =
            try gateway?.upstream
            ?? SocketAddress(udp: program.errorLine(containing: " is ready").split(separator: " ").last ?? "")
        for end in [line, person] { close(end) }
        program.signal(SIGHUP)
        // More than a program that ends could answer meanwhile.
        for number in 0..<20 {
            if let gateway { #expect(try gateway.post("a\(number)").text == "A\(number)") }
            #expect(try exchange("b\(number)", with: server) == "B\(number)")
        }
        // An end by HUP has status 0.
        #expect(try program.ending(after: SIGKILL).status == -SIGKILL)
    }

    @Test func `a gateway whose terminal is there reads its settings again`() throws {
        let file = try TemporaryFile("upstream 127.0.0.1:9\n")
        let (program, person) = try started(["--port", "0", "--config", file.path])
        defer { close(person) }
        try wait(for: program, "gateway")
        try file.write("service /a 127.0.0.1:9\n")
        program.signal(SIGHUP)
        try program.error(containing: "the services are read again: /a added, / removed")
        #expect(try program.ending(after: SIGTERM).status == 0)
    }
}
