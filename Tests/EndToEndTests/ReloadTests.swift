import CurlClient
import Foundation
import Glibc
import Synchronization
import System
import Testing

/// A HUP reads the settings again: services come, go and change, and nothing under way is disturbed.
@Suite struct ReloadTests {
    private func start(_ file: TemporaryFile, _ arguments: String...) throws -> (program: Program, url: String) {
        let program = try Program(Binaries.letterbox, ["--config", file.path, "--port", "0"] + arguments)
        let line = try program.errorLine(startingWith: "The gateway is ready: ")
        return (program, String(line.split(separator: " ")[4]))
    }

    private func ask(_ url: String, _ text: String = "hello") throws -> (status: Int, text: String?) {
        let response = try CurlClient().perform(CurlRequest(url, body: .text(text), timeout: Program.timeLimit))
        return (response.status, response.text)
    }

    @Test(arguments: ["1", "2"]) func `services come, go and change`(workers: String) throws {
        let (first, second) = (try RunningServer(), try RunningServer())
        let slow = UDPPeer()
        let file = try TemporaryFile(
            "service /same \(first.address)\nservice /moved \(slow.address) timeout=60s\nservice /gone \(slow.address) timeout=60s\n"
        )
        let (program, url) = try start(file, "--workers", workers)
        #expect(try ask("\(url)/same").text == "HELLO")

        // One exchange is under way with a service that will change, and one with a service that will go.
        let address = try SocketAddress(numeric: url.dropFirst("http://".count))
        let waiting = try ["/moved", "/gone"].map { path in
            let connection = try TCPConnection(to: address)
            connection.send("POST \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\na")
            return (connection, try slow.receive().sender)
        }
        try file.write(
            "# the second file\nservice /same \(first.address)\nservice /moved \(second.address)\nservice /new \(second.address) replies=0\n"
        )
        program.signal(SIGHUP)
        let line = try program.errorLine(containing: "the services are read again")
        #expect(line.hasSuffix(": /new added, /moved changed, /gone removed"), "\(line)")

        #expect(try ask("\(url)/moved").text == "HELLO")
        #expect(try ask("\(url)/new").status == 202)
        #expect(try ask("\(url)/gone").status == 404)
        let metrics = try CurlClient().get("\(url)/metrics").text ?? ""
        // The unchanged service keeps its counts.
        #expect(metrics.contains(/letterbox_udp_replies_total{.*service="\/same"} 1\n/))
        #expect(metrics.contains("letterbox_udp_addresses{service=\"/new\"} 1\n"))
        #expect(!metrics.contains("service=\"/gone\""))
        for (connection, sender) in waiting {
            slow.send("late", to: sender)
            #expect(try connection.receiveToEnd().hasSuffix("late"))
        }
        #expect(try program.ending(after: SIGTERM).status == 0)
    }

    /// A request is the service's that it went to, also where another one has that path by the time of its end.
    @Test(arguments: [true, false], ["upstream", "service /a"])
    func `a line names the backend of its own service`(replies: Bool, next: String) throws {
        let (slow, second) = (UDPPeer(), try RunningServer())
        let file = try TemporaryFile(
            "upstream \(slow.address)\naccess-log all\nattempts 1\ntimeout \(replies ? "60s" : "1s")\n")
        let (program, url) = try start(file, "--workers", "1")
        let connection = try TCPConnection(to: SocketAddress(numeric: url.dropFirst("http://".count)))
        connection.send("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\na")
        let sender = try slow.receive().sender
        try file.write("\(next) \(second.address)\naccess-log all\nattempts 1\n")
        program.signal(SIGHUP)
        _ = try program.errorLine(containing: "the services are read again")
        if replies { slow.send("late", to: sender) }
        #expect(try connection.receiveToEnd().contains(replies ? " 200 " : " 504 "))
        let line = try program.errorLine(containing: " access: POST / ")
        #expect(line.contains(" service=/ attempts=1 backend=\(slow.address) "), "\(line)")
    }

    /// A counter that goes back is a new start of the process to Prometheus.
    @Test func `the gateway's own figures keep those of a removed service`() throws {
        let (slow, server) = (UDPPeer(), try RunningServer())
        let same = "max-in-flight 1\nservice /same \(server.address)\n"
        let file = try TemporaryFile(same + "service /gone \(slow.address) timeout=60s\n")
        let (program, url) = try start(file, "--workers", "1")
        let connection = try TCPConnection(to: SocketAddress(numeric: url.dropFirst("http://".count)))
        connection.send("POST /gone HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\na")
        let sender = try slow.receive().sender
        #expect(try ask("\(url)/gone").status == 503)
        try file.write(same)
        program.signal(SIGHUP)
        _ = try program.errorLine(containing: "the services are read again: /gone removed")
        let metrics = try CurlClient().get("\(url)/metrics").text ?? ""
        #expect(metrics.contains("letterbox_udp_overloads_total 1\n"))
        #expect(metrics.contains("letterbox_udp_exchanges_in_flight 1\n"))
        slow.send("late", to: sender)
        #expect(try connection.receiveToEnd().hasSuffix("late"))
    }

    /// Each file with what the log says of it; the service stays.
    @Test(arguments: [
        ("service /a FIRST\nservice /b nonsense\n", "PATH:2: The value '/b nonsense' is invalid"),
        ("service /a FIRST\nprot 1\n", "PATH:2: prot is no setting"),
        ("service /a FIRST\nservice /a FIRST\n", "PATH:2: Two services are at /a"),
        ("service /form FIRST\n", "PATH:1: "), ("service /app.js FIRST\n", "the page has a file at this path"),
        ("service /a 239.1.2.3:9 from=any\nservice /b 239.1.2.3:9\n", "PATH:2: "),
        ("", "the embedded server comes and goes at a restart only"),
        (nil, "--config: cannot read PATH: No such file or directory"),
    ])
    func `a file that is wrong changes nothing`(text: String?, sentence: String) throws {
        let server = try RunningServer()
        let file = try TemporaryFile("service /a \(server.address)\n")
        let (program, url) = try start(file)
        if let text {
            try file.write(text.replacing("FIRST", with: "\(server.address)"))
        } else {
            try FileManager.default.removeItem(atPath: file.path)
        }
        program.signal(SIGHUP)
        let line = try program.errorLine(containing: "the services stay as they were")
        #expect(line.contains(sentence.replacing("PATH", with: file.path)) && !line.contains(".;"), "\(line)")
        #expect(try ask("\(url)/a").text == "HELLO")
    }

    /// The shell's pipe has been read at the start, and has neither bytes nor a writer any more.
    @Test func `a file that is a pipe of the past changes nothing`() throws {
        let server = try RunningServer()
        let script = "exec \"$0\" --port 0 --config <(echo 'service /a \(server.address)')"
        let program = try Program("/bin/bash", ["-c", script, Binaries.letterbox])
        let line = try program.errorLine(startingWith: "The gateway is ready: ")
        program.signal(SIGHUP)
        _ = try program.errorLine(containing: "No data available; the services stay as they were")
        #expect(try ask("\(line.split(separator: " ")[4])/a").text == "HELLO")
        #expect(try program.ending(after: SIGTERM).status == 0)
    }

    @Test func `what waits for a restart is told`() throws {
        let server = try RunningServer()
        let file = try TemporaryFile("upstream \(server.address)\nmax-head 5000\n")
        let (program, url) = try start(file)
        try file.write("upstream \(server.address)\nservice /a \(server.address)\nmax-head 6000\nlab-seed 3\nlab\n")
        program.signal(SIGHUP)
        _ = try program.errorLine(containing: "--lab is for the embedded server")
        try file.write("service /a \(server.address)\nmax-head 6000\ntimeout 3s\n")
        program.signal(SIGHUP)
        let line = try program.errorLine(containing: "hold from a restart on")
        #expect(line.hasSuffix(": max-head, timeout"), "\(line)")
        _ = try program.errorLine(containing: "the services are read again: /a added, / removed")
        #expect(try ask("\(url)/a").text == "HELLO")
        #expect(try ask(url).status == 405)
        let page = try CurlClient().get(url).text ?? ""
        let told = "/a 65507 \("\(server.address)".replacing(":", with: " "))"
        #expect(page.contains("<meta name=\"letterbox-services\" content=\"\(told)\">"))
    }

    /// The limit of the start holds until a restart, and so the services' own limits are compared with that.
    @Test(arguments: [
        "max-datagram=6000", "probe-text=\(String(repeating: "a", count: 101))",
    ]) func `a service keeps to the flags in force`(option: String) throws {
        let server = try RunningServer()
        let file = try TemporaryFile("max-datagram 100\nservice /a \(server.address)\n")
        let (program, url) = try start(file)
        try file.write("max-datagram 6000\nservice /a \(server.address) \(option)\n")
        program.signal(SIGHUP)
        let line = try program.errorLine(containing: "the services stay as they were")
        #expect(
            line.contains("--service /a: ") && line.contains("max-datagram")
                && line.contains("(the flags of the start are in force until a restart)"),
            "\(line)")
        #expect(try ask("\(url)/a", String(repeating: "a", count: 101)).status == 413)
    }

    @Test func `another order of the services is told`() throws {
        let server = try RunningServer()
        let services = ["/a", "/b"].map { "service \($0) \(server.address)\n" }
        let file = try TemporaryFile(services.joined())
        let (program, _) = try start(file)
        try file.write(services.reversed().joined())
        program.signal(SIGHUP)
        let line = try program.errorLine(containing: "the services are read again")
        #expect(line.hasSuffix(": in another order"), "\(line)")
    }

    /// Over and over while requests come: each is answered, by its own service.
    @Test func `no request is lost`() throws {
        let server = try RunningServer()
        func settings(_ seconds: Int) -> String {
            "service /a \(server.address)\nservice /b \(server.address) timeout=\(seconds)s\n"
        }
        let file = try TemporaryFile(settings(60))
        let (program, url) = try start(file, "--workers", "2")
        let posting = Posting(["\(url)/a", "\(url)/b"])
        for round in 1...20 {
            try file.write(settings(60 + round))
            let before = posting.count
            program.signal(SIGHUP)
            try program.error { text in text.ranges(of: "the services are read again: /b changed").count == round }
            // Requests go on between any two.
            while posting.count == before { usleep(1000) }
        }
        #expect(posting.end() == [])
        #expect(try program.ending(after: SIGTERM).status == 0)
    }
}

/// Requests to some addresses in turn, from a thread of their own.
private final class Posting: Sendable {
    private let state = Mutex((count: 0, wrong: [String](), isEnding: false))
    private let hasEnded = DispatchSemaphore(value: 0)

    init(_ urls: [String]) {
        Thread.detachNewThread { [self] in
            let client = CurlClient()
            while !state.withLock({ $0.isEnding }) {
                let number = count
                let outcome = Result { () throws(CurlError) in
                    try client.perform(
                        CurlRequest(
                            urls[number % urls.count], body: .text("letter \(number)"), timeout: Program.timeLimit))
                }
                let isRight = (try? outcome.get())?.text == "LETTER \(number)"
                state.withLock { state in
                    state.count += 1
                    if !isRight { state.wrong.append("\(number): \(outcome)") }
                }
            }
            hasEnded.signal()
        }
    }

    /// The requests that have their responses.
    var count: Int { state.withLock { $0.count } }

    /// Ends the thread; returns the wrong responses.
    func end() -> [String] {
        state.withLock { $0.isEnding = true }
        hasEnded.wait()
        return state.withLock { $0.wrong }
    }
}
