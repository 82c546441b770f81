import CurlClient
import Foundation
import System
import Testing

/// The longest datagram is each service's own, whatever the service at `/` takes.
@Suite struct ServiceLimitTests {
    private func post(_ length: Int, to url: String, fields: CurlFields = ["Content-Type": "text/plain"]) throws
        -> Int
    {
        let body = String(repeating: "a", count: length)
        let response = try CurlClient().perform(
            CurlRequest(url, fields: fields, body: .text(body), timeout: Program.timeLimit))
        if response.status == 200 { #expect(response.text == body.uppercased()) }
        return response.status
    }

    private func start(_ arguments: [String]) throws -> (program: Program, url: String) {
        let program = try Program(
            Binaries.letterbox,
            ["gateway", "--port", "0"] + (arguments.contains("--workers") ? [] : ["--workers", "1"]) + arguments)
        let line = try program.errorLine(startingWith: "The gateway is ready: ")
        return (
            program, String(try #require(line.dropFirst("The gateway is ready: ".count).split(separator: " ").first))
        )
    }

    /// At the limit and one past it, at each path, by each way through the gateway.
    @Test(arguments: ["text/plain", "application/octet-stream", ""])
    func `each service takes what fits in its own datagram`(type: String) throws {
        let server = try RunningServer()
        let limits = ["/": 10, "/larger": 3000, "/smaller": 5, "/usual": 65_507]
        let services = limits.flatMap { path, limit in
            ["--service", "\(path) \(server.address)" + (path == "/usual" ? "" : " max-datagram=\(limit)")]
        }
        let gateway = try start(services)
        for (path, limit) in limits {
            // A datagram of the longest length does not go through the loopback interface with every kernel setting.
            let least = path == "/usual" ? 20_000 : limit
            #expect(try post(least, to: gateway.url + path, fields: ["Content-Type": type]) == 200, "\(path)")
            #expect(try post(limit + 1, to: gateway.url + path, fields: ["Content-Type": type]) == 413, "\(path)")
        }
    }

    /// One that is silent, and one whose every request needs a new socket, take as many sockets as they can.
    @Test(arguments: ["1", "2"], ["timeout=20ms", "replies=2 wait=20ms"])
    func `a service leaves sockets for the others`(workers: String, options: String) throws {
        let (server, silent) = (try RunningServer(), UDPPeer())
        let gateway = try start([
            "--workers", workers, "--max-sockets", "64", "--quarantine", "3600s", "--service", "/ \(server.address)",
            "--service", "/greedy \(silent.address) \(options)",
        ])
        var statuses: [Int] = []
        while statuses.count < 200, statuses.last != 503 { statuses.append(try post(1, to: gateway.url + "/greedy")) }
        #expect(statuses.last == 503 && statuses.count > 32)
        for _ in 0..<3 { #expect(try post(5, to: gateway.url) == 200) }
    }

    /// Its rested sockets go to the other service before its own queue gets them.
    @Test func `an overloaded service shrinks to its share`() throws {
        let (greedy, late) = (UDPPeer(), UDPPeer())
        let gateway = try start([
            "--max-sockets", "8", "--timeout", "3600s", "--attempts", "1", "--service", "/ \(late.address)",
            "--service", "/greedy \(greedy.address)",
        ])
        let address = try SocketAddress(numeric: gateway.url.dropFirst("http://".count))
        func ask(_ path: String, _ count: Int) throws -> [TCPConnection] {
            try (0..<count).map { _ in
                let caller = try TCPConnection(to: address)
                caller.send("POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na")
                return caller
            }
        }
        // One of the eight is the other's own.
        let waiting = try ask("/greedy", 14)
        let senders = try (0..<7).map { _ in try greedy.receive().sender }
        let others = try ask("/", 3)
        _ = try late.receive()
        for sender in senders { greedy.send("a", to: sender) }
        for _ in 0..<2 { _ = try late.receive() }
        withExtendedLifetime((waiting, others)) {}
    }

    /// All services of a worker receive into one buffer: what fits there may still be too long for its own service.
    @Test(arguments: ["", "from=host", "replies=2", "replies=1 from=any"], ["*/*", "application/json"])
    func `a reply is as long as its own service allows`(replies: String, accept: String) throws {
        let peer = UDPPeer()
        let limits = [("/", 10), ("/larger", 3000), ("/smaller", 5)]
        let gateway = try start(
            limits.flatMap { path, limit in
                ["--service", "\(path) \(peer.address) max-datagram=\(limit) timeout=3600s \(replies)"]
            })
        let port = try #require(gateway.url.split(separator: ":").last.flatMap { UInt16($0) })
        let address = try #require(SocketAddress("127.0.0.1", port: port))
        let isPair = replies == "replies=2"
        for (path, limit) in limits {
            for length in [limit, limit + 1, limit] {
                let caller = try TCPConnection(to: address)
                caller.send(
                    "POST \(path) HTTP/1.1\r\nHost: localhost\r\nAccept: \(accept)\r\nConnection: close\r\n"
                        + "Content-Length: 1\r\n\r\na")
                let sender = try peer.receive().sender
                let reply = String(repeating: "r", count: length)
                peer.send(reply, to: sender)
                if isPair { for _ in 0..<2 { peer.send("r", to: sender) } }
                let response = try caller.receiveToEnd()
                let isWhole = length == limit
                #expect(
                    response.hasPrefix("HTTP/1.1 \(isWhole || isPair ? 200 : 502) "), "\(path) \(length): \(response)")
                #expect(response.contains(reply) == isWhole, "\(path) \(length): \(response)")
            }
        }
    }

    /// What is written out, and a form, may have more bytes than the payload.
    @Test func `a longer payload in hex or a form fits at its own path`() throws {
        let server = try RunningServer()
        let gateway = try start([
            "--service", "/ \(server.address) max-datagram=10", "--service",
            "/larger \(server.address) max-datagram=3000",
        ])
        for (count, status) in [(3000, 200), (3001, 413)] {
            let hex = try CurlClient().perform(
                CurlRequest(
                    "\(gateway.url)/larger?as=hex", body: .text(String(repeating: "61 ", count: count)),
                    timeout: Program.timeLimit))
            #expect(hex.status == status)
            let form = try CurlClient().perform(
                CurlRequest(
                    "\(gateway.url)/form", fields: ["Content-Type": "application/x-www-form-urlencoded"],
                    body: .text("to=/larger&text=" + String(repeating: "%61", count: count)), timeout: Program.timeLimit
                ))
            #expect(form.status == status)
        }
    }

    /// A head that is repeated has been looked at with the former limits.
    @Test func `a service that is read again has its new limit`() throws {
        let server = try RunningServer()
        let file = try TemporaryFile("")
        // A service with a path of its own in each file shows which one has been read.
        func write(_ root: Int, _ other: Int) throws {
            let limits = [("/", root), ("/a", other), ("/read\(root)", 1)]
            let lines = limits.map { "service \($0) \(server.address) max-datagram=\($1)\n" }
            try file.write(lines.joined())
        }
        try write(10, 20)
        let gateway = try start(["--config", file.path])
        for (root, other) in [(10, 20), (4000, 5), (7, 40_000)] {
            if root != 10 {
                try write(root, other)
                gateway.program.signal(SIGHUP)
                _ = try gateway.program.errorLine(containing: "/read\(root) added")
            }
            for (path, limit) in [("/", root), ("/a", other)] {
                for (length, status) in [(limit, 200), (limit, 200), (limit + 1, 413), (limit, 200)] {
                    #expect(try post(length, to: gateway.url + path) == status, "\(path) \(length)")
                }
            }
        }
    }
}
