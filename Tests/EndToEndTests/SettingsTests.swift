import CurlClient
import Foundation
import Glibc
import System
import TestSupport
import Testing

/// Settings from a file, from the environment and from flags.
@Suite struct SettingsTests {
    private func run(_ arguments: [String], variables: [String] = []) throws -> Program.Ending {
        try Program("/usr/bin/env", variables + [Binaries.letterbox] + arguments).ending()
    }

    /// The settings in force, without comments.
    private func check(_ arguments: [String], variables: [String] = []) throws -> [String] {
        let ending = try run(["--check"] + arguments, variables: variables)
        #expect(ending.status == 0, "\(ending.error)")
        return ending.output.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
    }

    @Test func `a gateway starts from a file`() throws {
        let server = try RunningServer()
        let file = try TemporaryFile(
            "# one service\nport 0\nservice /upper \(server.address) timeout=5s\nupstream \(server.address)\n")
        let gateway = try RunningGateway(Program(Binaries.letterbox, ["--config", file.path]))
        #expect(try CurlClient().perform(CurlRequest("\(gateway.url)/upper", body: .text("hello"))).text == "HELLO")
    }

    @Test func `flags come before the environment, and that before the file`() throws {
        let file = try TemporaryFile("port 1\ntimeout 1s\nattempts 7\nlab\n")
        let settings = try check(
            ["--config", file.path, "--port", "3"], variables: ["LETTERBOX_PORT=2", "LETTERBOX_TIMEOUT=2s"])
        #expect(Set(["port 3", "timeout 2s", "attempts 7", "lab"]).isSubset(of: settings), "\(settings)")
        #expect(try check([], variables: ["LETTERBOX_CONFIG=\(file.path)"]).contains("port 1"))
        #expect(try check([], variables: ["LETTERBOX_UPSTREAM=127.0.0.1:5;[::1]:6"]).contains("upstream [::1]:6"))
    }

    @Test func `a flag of the file is switched off`() throws {
        let file = try TemporaryFile("lab\nshow-addresses\nlab-seed 3\n")
        #expect(try check(["--config", file.path, "--show-addresses=false"]).contains("lab"))
        let off = try run(["--check", "--config", file.path], variables: ["LETTERBOX_LAB=false"])
        #expect(off.error.hasPrefix("Error: \(file.path):3: --lab-seed needs --lab."), "\(off)")
        try file.write("lab\nshow-addresses\n")
        let settings = try check(
            ["--config", file.path, "--show-addresses=false"], variables: ["LETTERBOX_LAB=false"])
        #expect(!settings.contains("lab") && !settings.contains("show-addresses"), "\(settings)")
    }

    @Test(arguments: [
        [],
        ["--upstream", "127.0.0.1:9", "--service", "/a [::1]:5 127.0.0.1:4 timeout=1s", "--retransmit-budget", "5%"],
        ["--lab", "--lab-seed", "5", "--allow-origin", "*", "--probe-text", "are you there"],
        ["--probe-text", "a #b"], ["--probe-text", " ab "], ["--probe-text", ""], ["--probe-text", "a\nadmin [::]:0"],
        ["--host", "unix:/tmp/a #b\nadmin [::]:0"], ["--timeout", "1.2345678s"], ["--retransmit-budget", "0.12345%"],
    ])
    func `what --check prints is a file that comes to the same`(arguments: [String]) throws {
        let first = try run(["--check"] + arguments)
        let file = try TemporaryFile(first.output)
        let second = try withExtendedLifetime(file) { try run(["--check", "--config", file.path]) }
        #expect(second.status == 0 && second.output == first.output, "\(second)")
    }

    /// Each flag is in the report, or has no effect, or was not set.
    @Test func `no flag is forgotten`() throws {
        let section = try String(contentsOf: Repository.root.appending(path: "docs/flags.md"), encoding: .utf8)
            .components(
                separatedBy: "\n## ")
        let gateway = try #require(section.first { $0.hasPrefix("`letterbox gateway`") })
        let flags = gateway.matches(of: /(?m)^\| `--([a-z-]+)[^`]*` \| ([^|]+) \|/).filter { $0.2 != "-" && $0.2 != "" }
        let settings = try check([
            "--public", Repository.root.appending(path: "public").path, "--max-public-files", "100000", "--probe-text",
            "x",
            "--attempts", "2", "--retransmit-budget", "20%", "--admin", "127.0.0.1:0",
        ])
        let names = Set(settings.map { $0.prefix { $0 != " " } })
        #expect(names.count > 30 && flags.count { $0.2.contains(/^[0-9]/) } > 30)
        for flag in flags where flag.2.contains(/^[0-9]/) { #expect(names.contains(flag.1), "--\(flag.1)") }
    }

    @Test(arguments: [
        ("lab-seed 3", "PATH:1: --lab-seed needs --lab."),
        (
            "\nmax-head 5",
            "PATH:2: The value '5' is invalid for '--max-head <number>': a whole number is needed, from 64"
        ),
        ("port 1\nport 2", "PATH:2: port is there twice, first in line 1: leave one out."),
        ("port 1\nconfig x", "PATH:2: config is for the command line."), ("prot 1", "PATH:1: prot is no setting"),
        ("upstream 127.0.0.1:9\nservice /a 127.0.0.1:9\nservice /a 127.0.0.1:8", "PATH:3: Two services are at /a"),
        ("upstream 127.0.0.1:9\nserver-port 5", "PATH:2: --server-port has no effect here"),
        ("service /a nonsense", "PATH:1: The value '/a nonsense' is invalid"),
    ])
    func `an error names file and line`(text: String, sentence: String) throws {
        let file = try TemporaryFile(text)
        let ending = try run(["--config", file.path])
        #expect(ending.status == 64)
        #expect(ending.error.hasPrefix("Error: \(sentence.replacing("PATH", with: file.path))"), "\(ending.error)")
    }

    @Test func `an error names the variable`() throws {
        let ending = try run([], variables: ["LETTERBOX_PORT=tcp://10.0.0.1:80"])
        #expect(ending.status == 64)
        #expect(
            ending.error.hasPrefix("Error: LETTERBOX_PORT: The value 'tcp://10.0.0.1:80' is invalid"), "\(ending.error)"
        )
        let near = try run([], variables: ["LETTERBOX_TOKENFILE=/no/such"])
        #expect(near.status == 64 && near.error.contains("Did you mean LETTERBOX_TOKEN_FILE?"), "\(near.error)")
        let file = try run([], variables: ["LETTERBOX_CONFIG=/no/such"])
        #expect(file.error.hasPrefix("Error: LETTERBOX_CONFIG: cannot read /no/such: "), "\(file.error)")
    }

    @Test(arguments: [
        (["--port", "1", "--port", "1"], "--port is there twice"),
        (["client", "--port", "1", "--port=1", "text"], "--port is there twice"),
        (["--lab", "--lab"], "--lab is there twice"),
        (["noise", "--loss", "5%", "--loss", "6%"], "--loss is there twice"),
        (["noise", "--loss-to-server", "5%", "--loss-to-server", "6%"], "--loss-to-server is there twice"),
        (
            ["noise", "--reorder-delay-to-client=1s", "--reorder-delay-to-client=2s"],
            "--reorder-delay-to-client is there twice"
        ),
        (["--upstream", "127.0.0.1:9", "--server-port", "5"], "--server-port has no effect here"),
        (["--probe-interval", "1s"], "--probe-interval has no effect here"),
        (["--public", "/probe-text=", "--probe-interval", "1s"], "--probe-interval has no effect here"),
        (["--access-log", "off", "--max-access-log", "2048"], "--max-access-log has no effect here"),
        (["--max-public-depth", "1"], "--max-public-depth has no effect here"),
        (["--min-sockets", "11", "--max-sockets", "10"], "--min-sockets 11 is above --max-sockets 10"),
        (["--max-request-line", "101", "--max-head", "100"], "--max-request-line 101 is above --max-head 100"),
        (
            ["--attempts", "2", "--timeout", "1s", "--min-retransmit", "1001ms"],
            "--attempts has no effect: --min-retransmit"
        ),
        (["--min-retransmit", "3s"], "--min-retransmit has no effect: --min-retransmit 3s is above --timeout 2s"),
        (["--access-log", "all", "--log-level", "notice"], "--access-log all needs --log-level info"),
        (["--access-log", "failures", "--log-level", "error"], "--access-log failures needs --log-level warning"),
        (["--allow-origin", "*", "--allow-origin", "https://a.example"], "--allow-origin * allows every origin"),
        (["--allow-host", "a.example", "--host", "0.0.0.0"], "--allow-host has no effect here: names are checked"),
        (["--allow-host", "a.example", "--host", "unix:/tmp/a"], "--allow-host has no effect here: names are checked"),
        (["--upstream", "127.0.0.1:9", "--upstream", "127.0.0.1:9"], "--upstream 127.0.0.1:9 is there twice"),
        (["server", "--letter", "a"], "--letter has no effect here: add --service count"),
        (["noise", "--reorder-delay", "5ms"], "--reorder-delay has no effect without --reorder"),
        (["noise", "--reorder", "5%", "--reorder-delay", "0s"], "--reorder has no effect with --reorder-delay 0s"),
        (["--config", "/no/such/file"], "--config: cannot read /no/such/file: No such file or directory"),
        (["--config", "/"], "--config: cannot read /: Is a directory"),
        (["--config", "/dev/zero"], "--config: cannot read /dev/zero: File too large"),
    ])
    func `what makes no sense is refused`(arguments: [String], sentence: String) throws {
        let ending = try run(arguments)
        #expect(ending.status == 64)
        #expect(ending.error.hasPrefix("Error: \(sentence)"), "\(ending.error)")
    }

    /// The pairs above at their limits, and a default that yields to the other flag.
    @Test(arguments: [
        ["--min-sockets", "10", "--max-sockets", "10"], ["--max-sockets", "10"], ["--allow-origin", "*"],
        ["--max-request-line", "100", "--max-head", "100"], ["--max-head", "100"],
        ["--attempts", "2", "--timeout", "1s", "--min-retransmit", "1s"], ["--timeout", "1ms"],
        ["--access-log", "all", "--log-level", "info"], ["--access-log", "failures", "--log-level", "warning"],
        ["--max-admin-connections", "5"], ["--allow-host", "a.example", "--host", "127.0.0.1"],
        ["--log-level", "critical"], ["--upstream", "127.0.0.1:9", "--upstream", "127.0.0.1:8"],
        ["--service", "/a 127.0.0.1:9 attempts=2 timeout=1s", "--min-retransmit", "1s"],
        ["--service", "/a 127.0.0.1:9 attempts=2 timeout=3s", "--min-retransmit", "3s"],
        ["--attempts", "2", "--service", "/a 127.0.0.1:9 timeout=3s", "--min-retransmit", "3s"],
        ["--service", "/a 127.0.0.1:9 replies=2 wait=1s quiet=999ms"],
        ["--service", "/a 127.0.0.1:9 probe-text=x", "--probe-interval", "1s"],
        ["--service", "/a 127.0.0.1:9 replies=0 max-datagram=3", "--probe-text", "four"],
    ])
    func `what just fits is taken, and what --check prints is, too`(arguments: [String]) throws {
        let first = try run(["--check"] + arguments)
        #expect(first.status == 0, "\(first)")
        let file = try TemporaryFile(first.output)
        let second = try withExtendedLifetime(file) { try run(["--check", "--config", file.path]) }
        #expect(second.status == 0 && second.output == first.output, "\(second)")
    }

    @Test func `a name that does not resolve fails the check`() throws {
        let ending = try run(["--check", "--upstream", "nowhere.invalid:5"])
        #expect(ending.status == 64)
        #expect(ending.error.hasPrefix("letterbox: cannot resolve nowhere.invalid"), "\(ending.error)")
    }

    /// What keeps the gateway from starting fails the check, and is bad for the doctor.
    @Test(arguments: [
        (["--port", "0", "--admin", "nowhere.invalid:9180"], 2, "listeners", "cannot resolve nowhere.invalid"),
        (["--host", "192.0.2.77"], 2, "listeners", "cannot bind 192.0.2.77:8080: Cannot assign requested address"),
        (["--host", "unix:/no/such/s"], 2, "listeners", "cannot listen at unix:/no/such/s: the folder is not there"),
        (
            ["--port", "9", "--admin", "unix:/etc/passwd"], 2, "listeners",
            "cannot listen at unix:/etc/passwd: there is a file"
        ),
        (
            ["--port", "PORT", "--admin", "127.0.0.1:PORT"], 2, "listeners",
            "--admin 127.0.0.1:PORT is where HTTP is served"
        ),
        (["--port", "PORT", "--admin", "[::]:PORT"], 2, "listeners", "--admin [::]:PORT is where HTTP is served"),
        (
            ["--host", "unix:PATH", "--admin", "unix:PATH"], 2, "listeners",
            "--admin unix:PATH is"
        ),
        (["--port", "0", "--public", "/no/such"], 2, "page", "cannot read /no/such"),
        (["--port", "0", "--token-file", "/no/such"], 2, "token", "--token-file /no/such: it cannot be read"),
        (
            ["--port", "0", "--service", "/app.js 127.0.0.1:9"], 64, "path",
            "--service /app.js: the page has a file at this path"
        ),
    ])
    func `what cannot start fails the check and the doctor`(
        arguments: [String], status: Int32, subject: String, sentence: String
    ) throws {
        // A path, and a port that was free a moment ago.
        let path = FileManager.default.temporaryDirectory.appending(path: "letterbox-\(UUID())").path
        let free = try StreamListener(on: SocketAddress(numeric: "127.0.0.1:0")).address.port
        func filled(_ text: String) -> String { text.replacing("PORT", with: "\(free)").replacing("PATH", with: path) }
        let (arguments, sentence) = (arguments.map(filled), filled(sentence))
        let check = try run(["--check"] + arguments)
        #expect(check.status == 64 && check.error.hasPrefix("letterbox: \(sentence)"), "\(check)")
        let flags = arguments + (arguments.contains("--service") ? [] : ["--server-port", "0"])
        let start = try run(flags)
        #expect(start.status == status && start.error.contains("letterbox: \(sentence)"), "\(start)")
        let doctor = try run(["doctor"] + flags)
        #expect(doctor.status == 1 && doctor.error.isEmpty)
        let lines = doctor.output.split(separator: "\n").filter { $0.hasPrefix("bad   \(subject) ") }
        #expect(lines.count == 1 && lines[0].contains(" \(sentence)"), "\(doctor.output)")
    }

    /// The check of a running gateway's own settings comes before its reload.
    @Test func `a check does not mind the running gateway, and does not disturb it`() throws {
        let gateway = try RunningGateway(["--admin", "127.0.0.1:0"])
        let port = String(gateway.url.split(separator: ":").last ?? "")
        #expect(try check(["--port", port, "--server-port", "0"]).contains("port \(port)"))
        #expect(try CurlClient().perform(CurlRequest(gateway.url, body: .text("hello"))).text == "HELLO")
    }

    /// The running gateway has its port, too.
    @Test func `a check tells where the port of the embedded server is in use`() throws {
        let server = try RunningServer()
        let port = server.address.port
        let flags = ["--port", "0", "--server-port", "\(port)"]
        let start = try run(flags)
        #expect(start.status == 2 && start.error.contains("127.0.0.1:\(port): Address already in use"), "\(start)")
        let check = try run(["--check"] + flags)
        #expect(
            check.status == 0
                && check.output.contains("# / at 127.0.0.1:\(port), the embedded server; the port is in use\n"),
            "\(check)")
        let doctor = try run(["doctor"] + flags)
        #expect(doctor.output.contains(/\nwarn  service +127.0.0.1:\d+, .* is in use/), "\(doctor)")
        let free = try run(["--check", "--port", "0", "--server-port", "0"])
        #expect(free.status == 0 && free.output.contains("# / at 127.0.0.1:0, the embedded server\n"), "\(free)")
        let none = try run(["--check", "--port", "0", "--upstream", "127.0.0.1:9"])
        #expect(none.status == 0 && !none.output.contains("embedded"), "\(none)")
    }

    /// No service manager hands over the port of the embedded server.
    @Test(.enabled(if: PrivateHost.obstacle == nil && Binaries.has("setpriv"), "unshare(1) or setpriv(1) is missing"))
    func `a port that needs a privilege fails the check`() throws {
        let script = "exec setpriv --bounding-set -net_bind_service --inh-caps -net_bind_service \"$@\" 2>&1"
        for words in [[], ["--check"], ["doctor"]] {
            let flags = ["--port", "0", "--server-port", "1023"]
            let ending = try PrivateHost.start(script, [Binaries.letterbox] + words + flags).ending()
            #expect(ending.status == (words == [] ? 2 : words == ["doctor"] ? 1 : 64), "\(ending)")
            #expect(ending.output.contains("cannot bind 127.0.0.1:1023: Permission denied"), "\(ending)")
        }
    }

    /// To find the line takes a few attempts, and not one for each line.
    @Test(.timeLimit(.minutes(1))) func `a bad line behind many others is named`() throws {
        let services = (1...400).map { "service /\($0) 127.0.0.1:9\n" }.joined()
        let file = try TemporaryFile("\(services)timeout 5x\n\(services.replacing("/", with: "/more-"))")
        let ending = try run(["--check", "--config", file.path])
        #expect(ending.status == 64 && ending.error.contains("\(file.path):401: "), "\(ending)")
    }

    @Test(arguments: ["config", "token-file"]) func `a pipe is read to its end`(flag: String) throws {
        let pipe = FileManager.default.temporaryDirectory.appending(path: "letterbox-\(UUID())").path
        try #require(unsafe mkfifo(pipe, 0o600) == 0)
        defer { unsafe unlink(pipe) }
        let program = try Program(Binaries.letterbox, ["--port", "0", "--server-port", "0", "--\(flag)", pipe])
        // Waits for the reader (fifo(7)).
        let writer = try #require(FileHandle(forWritingAtPath: pipe))
        try writer.write(contentsOf: Data(flag == "config" ? "time".utf8 : "sec".utf8))
        try writer.write(contentsOf: Data(flag == "config" ? "out 3s\n".utf8 : "ret\n".utf8))
        try writer.close()
        _ = try program.errorLine(startingWith: "The gateway is ready: ")
        // No writer comes for a reload, which waits for none.
        program.signal(SIGHUP)
        _ = try program.errorLine(
            containing: "\(pipe): \(flag == "config" ? "" : "it cannot be read: ")No data available")
        #expect(try program.ending(after: SIGTERM).status == 0)
    }
}
