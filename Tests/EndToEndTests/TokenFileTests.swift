import CurlClient
import Foundation
import Glibc
import Testing

/// `--token-file`: what it takes, and when it is read.
@Suite struct TokenFileTests {
    private func ask(_ url: String, _ token: String?) throws -> Int {
        let fields: CurlFields = token.map { ["Authorization": "Bearer \($0)"] } ?? [:]
        return try CurlClient().perform(CurlRequest(url, fields: fields, body: .text("hello"))).status
    }

    @Test func `a HUP reads the token again, and a wrong file changes nothing`() throws {
        let file = try TemporaryFile("first\n", mode: 0o600)
        let gateway = try RunningGateway(["--token-file", file.path])
        #expect(try ask(gateway.url, nil) == 401)
        #expect(try ask(gateway.url, "first") == 200)
        try file.write("two words\n")
        gateway.program.signal(SIGHUP)
        _ = try gateway.program.errorLine(containing: "--token-file \(file.path): it is to have one line")
        #expect(try ask(gateway.url, "first") == 200)
        try file.write("second")
        gateway.program.signal(SIGHUP)
        _ = try gateway.program.errorLine(containing: "the token has been read again")
        #expect(try ask(gateway.url, "first") == 401)
        #expect(try ask(gateway.url, "second") == 200)
        // Nothing tells the token: neither the log nor the list of processes.
        let words = try String(contentsOfFile: "/proc/\(gateway.program.pid)/cmdline", encoding: .utf8)
        #expect(!words.contains("first") && !words.contains("second"))
        gateway.program.signal(SIGTERM)
        let error = try gateway.program.ending().error
        #expect(!error.contains("two words") && !error.contains("second"))
    }

    /// Settings that are wrong, and settings that name another file, a wrong one, or none any more.
    @Test func `the file of the token in force is read, whatever the settings become`() throws {
        let (first, second) = (try TemporaryFile("first", mode: 0o600), try TemporaryFile("second", mode: 0o600))
        let settings = try TemporaryFile("port 0\nserver-port 0\ntoken-file \(first.path)\n")
        let gateway = try RunningGateway(Program(Binaries.letterbox, ["--config", settings.path]))
        var reads = 0
        /// Waits until the gateway has read the token once more.
        func reload(_ text: String) throws {
            reads += 1
            try settings.write("port 0\nserver-port 0\n\(text)\n")
            gateway.program.signal(SIGHUP)
            try gateway.program.error { $0.components(separatedBy: "the token has been read again").count > reads }
        }
        try reload("token-file \(second.path)")
        for text in ["nonsense 1", "service /a 127.0.0.1:9", "token-file \(second.path)\ntoken-file x"] {
            try reload(text)
            #expect(try ask(gateway.url, "first") == 401, "\(text)")
            #expect(try ask(gateway.url, "second") == 200, "\(text)")
        }
        try settings.write("port 0\nserver-port 0\ntoken-file /no/such\n")
        gateway.program.signal(SIGHUP)
        _ = try gateway.program.errorLine(containing: "; the services stay as they were")
        // The one in force has been read again.
        reads += 1
        try second.write("third")
        try reload("")
        #expect(try ask(gateway.url, "second") == 401)
        #expect(try ask(gateway.url, "third") == 200)
    }

    /// The file of the token in force is gone, or another one stands in its place.
    @Test(arguments: [nil, "two words", "third"])
    func `a file that the settings no longer name does not hold up the services`(text: String?) throws {
        let server = try RunningServer()
        let file = try TemporaryFile("first", mode: 0o600)
        let settings = try TemporaryFile("port 0\nservice / \(server.address)\ntoken-file \(file.path)\n")
        let gateway = try RunningGateway(Program(Binaries.letterbox, ["--config", settings.path]))
        if let text { try file.write(text) } else { try FileManager.default.removeItem(atPath: file.path) }
        try settings.write("port 0\nservice / \(server.address)\nservice /b \(server.address)\n")
        gateway.program.signal(SIGHUP)
        _ = try gateway.program.errorLine(containing: "the services are read again: /b added")
        let token = text == "third" ? "third" : "first"
        #expect(try ask("\(gateway.url)/b", token) == 200)
        #expect(try ask("\(gateway.url)/b", nil) == 401)
        gateway.program.signal(SIGTERM)
        let error = try gateway.program.ending().error
        #expect(error.contains("hold from a restart on: token-file"), "\(error)")
        #expect(error.contains("; the token stays\n") == (text != "third"), "\(error)")
    }

    /// Services that came in spite of a wrong token would let its callers in, and a new token would shut out those of the
    /// services that stay.
    @Test func `token and services change together, or not at all`() throws {
        let server = try RunningServer()
        let (first, second) = (try TemporaryFile("first", mode: 0o600), try TemporaryFile("second", mode: 0o644))
        let settings = try TemporaryFile("port 0\nservice / \(server.address)\ntoken-file \(first.path)\n")
        let gateway = try RunningGateway(Program(Binaries.letterbox, ["--config", settings.path]))
        try settings.write(
            "port 0\nservice / \(server.address)\nservice /b \(server.address)\ntoken-file \(second.path)\n")
        gateway.program.signal(SIGHUP)
        _ = try gateway.program.errorLine(containing: "(mode 0644)")
        #expect(try ask("\(gateway.url)/b", "first") == 404)
        #expect(try ask(gateway.url, "first") == 200)
        unsafe chmod(second.path, 0o600)
        gateway.program.signal(SIGHUP)
        _ = try gateway.program.errorLine(containing: "the services are read again: /b added")
        #expect(try ask("\(gateway.url)/b", "second") == 200)
        #expect(try ask(gateway.url, "first") == 401)
    }

    /// The settings name a wrong file, and the one in force has revoked its token.
    @Test func `a revoked token ends also where the next file is wrong`() throws {
        let server = try RunningServer()
        let (first, second) = (try TemporaryFile("first", mode: 0o600), try TemporaryFile("second", mode: 0o644))
        let settings = try TemporaryFile("port 0\nservice / \(server.address)\ntoken-file \(first.path)\n")
        let gateway = try RunningGateway(Program(Binaries.letterbox, ["--config", settings.path]))
        #expect(try ask(gateway.url, "first") == 200)
        try first.write("other")
        try settings.write("port 0\nservice / \(server.address)\ntoken-file \(second.path)\n")
        gateway.program.signal(SIGHUP)
        _ = try gateway.program.errorLine(containing: "the token has been read again")
        #expect(try ask(gateway.url, "first") == 401)
        #expect(try ask(gateway.url, "other") == 200)
    }

    @Test func `the address that tells of the gateway asks for the token, too`() throws {
        let file = try TemporaryFile("secret\r\n", mode: 0o600)
        let gateway = try RunningGateway(["--token-file", file.path, "--admin", "127.0.0.1:0"])
        let prefix = "Health and metrics are at "
        let admin = try gateway.program.errorLine(startingWith: prefix).dropFirst(prefix.count)
        #expect(try CurlClient().get("\(admin)/metrics").status == 401)
        #expect(try CurlClient().get("\(admin)/readyz").status == 200)
        let fields: CurlFields = ["Authorization": "Bearer secret"]
        #expect(try CurlClient().perform(CurlRequest("\(admin)/metrics", fields: fields)).status == 200)
    }

    /// At the start it ends the program, and so it does with --check; a token of 4,096 bytes is the longest.
    @Test(arguments: [
        ("", 0o600, "it is empty"), ("\n", 0o600, "it is empty"), (" a\n", 0o600, "it is to have one line of letters"),
        ("a \n", 0o600, "it is to have one line"), ("a\nb\n", 0o600, "it is to have one line"),
        ("a\n\n", 0o600, "it is to have one line"), ("ä", 0o600, "it is to have one line"),
        ("a", 0o644, "every user may read or write it (mode 0644): chmod o-rw PATH"),
        ("a", 0o602, "every user may read or write it (mode 0602)"),
        (String(repeating: "a", count: 4096) + "\r\n", 0o640, nil),
        (String(repeating: "a", count: 4097), 0o600, "the token has more than 4096 bytes"),
        (String(repeating: "a", count: 4099), 0o600, "it cannot be read: File too large"),
    ])
    func `a file has one token and belongs to its owner alone`(text: String, mode: Int, sentence: String?) throws {
        let file = try TemporaryFile(text, mode: mode)
        try withExtendedLifetime(file) {
            let flags = ["--port", "0", "--server-port", "0", "--token-file", file.path]
            let check = try Program(Binaries.letterbox, ["--check"] + flags).ending()
            guard let sentence else { return #expect(check.status == 0, "\(check.error)") }
            let line = "letterbox: --token-file \(file.path): \(sentence.replacing("PATH", with: file.path))"
            #expect(check.status == 64 && check.error.hasPrefix(line), "\(check.error)")
            let start = try Program(Binaries.letterbox, flags).ending()
            #expect(start.status == 2 && start.error.hasPrefix(line), "\(start.error)")
            #expect(start.error.split(separator: "\n").count == 1)
        }
    }

    /// A change of its mode would harm all users of the machine.
    @Test func `a device is no file for a token`() throws {
        let ending = try Program(
            Binaries.letterbox, ["--port", "0", "--server-port", "0", "--token-file", "/dev/null"]
        ).ending()
        #expect(ending.status == 2 && ending.error.contains("(mode 0666): name a file of your own\n"), "\(ending)")
    }

    @Test func `a file that is not there is told`() throws {
        let ending = try Program.letterbox("--port", "0", "--server-port", "0", "--token-file", "/no/such").ending()
        #expect(ending.status == 2)
        #expect(ending.error == "letterbox: --token-file /no/such: it cannot be read: No such file or directory\n")
    }
}
