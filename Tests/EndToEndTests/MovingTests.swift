import CurlClient
import Foundation
import Glibc
import System
import Testing

/// A name whose address changes, in a hosts file that the gateway alone sees (unshare(1)).
@Suite(.enabled(if: PrivateHost.obstacle == nil, Comment(rawValue: PrivateHost.obstacle ?? "")))
struct MovingTests {
    /// A file of names in the place of /etc/hosts.
    private final class Hosts {
        let path = FileManager.default.temporaryDirectory.appending(path: "letterbox-hosts-\(UUID())").path

        init(_ place: Int) throws { try move(to: place) }

        /// Takes all names out.
        func clear() { unsafe truncate(path, 0) }

        deinit { unsafe unlink(path) }

        /// Writes in place, for what is mounted is this file and no other of its name.
        func move(to place: Int) throws { try move(to: "127.0.0.\(place)") }

        func move(to address: String) throws {
            // Of a longer address nothing stays.
            let text = "127.0.0.1 localhost\n\(address) service.test\n#\(String(repeating: " ", count: 20))\n"
            let file = unsafe open(path, O_WRONLY | O_CREAT, 0o600)
            defer { close(file) }
            let count = unsafe pwrite(file, text, text.utf8.count, 0)
            try #require(count == text.utf8.count)
        }
    }

    /// Starts a gateway in front of the service's name, after a script of the shell that has the file as "$0".
    private func start(
        _ hosts: Hosts, _ server: RunningServer, _ options: [String] = [],
        script: String = "mount --bind \"$0\" /etc/hosts && exec \"$@\""
    ) throws -> RunningGateway {
        let flags = ["--port", "0", "--upstream", "service.test:\(server.address.port)"] + options
        let words = try ["sh", "-c", script, hosts.path, Binaries.letterbox, "gateway"] + flags
        return try RunningGateway(Program("unshare", ["--map-root-user", "--mount"] + words))
    }

    /// The addresses of the service by the metrics, which have those of all workers.
    private func addresses(_ gateway: RunningGateway) throws -> [String] {
        let text = try CurlClient().perform(CurlRequest("\(gateway.url)/metrics", timeout: Program.timeLimit)).text
        let up = /letterbox_udp_upstream_up\{upstream="([^"]+)",service="\/"\}/
        return try #require(text).matches(of: up).map { String($0.1) }
    }

    @Test func `no reply is lost or wrong while the service moves to and fro`() async throws {
        let first = try RunningServer(host: "127.0.0.2")
        let second = try RunningServer(host: "127.0.0.3", port: first.address.port)
        let hosts = try Hosts(2)
        let gateway = try start(hosts, first, ["--resolve-interval", "100ms", "--timeout", "30s"])
        #expect(gateway.upstream == first.address)
        var number = 0
        for (place, server) in [(3, second), (2, first), (3, second)] {
            try hosts.move(to: place)
            // While it moves, and until each worker knows of no other address.
            repeat {
                number += 1
                let response = try gateway.post("letter \(number).")
                #expect(response.status == 200 && response.text == "LETTER \(number).")
            } while try addresses(gateway) != ["\(server.address)"]
        }
        // Nothing goes to the old one any more.
        _ = try first.program.ending(after: SIGKILL)
        for _ in 0..<20 { #expect(try gateway.post("letter").status == 200) }
        #expect(try gateway.metrics()["udp_exchanges_in_flight"] == 0)
    }

    /// The name of a new service leads to a group, which only its look-up shows.
    @Test func `a service that cannot be keeps the token as well`() throws {
        let server = try RunningServer(host: "127.0.0.2")
        let hosts = try Hosts(2)
        let tokens = [try TemporaryFile("first", mode: 0o600), try TemporaryFile("second", mode: 0o600)]
        let file = try TemporaryFile("token-file \(tokens[0].path)\n")
        let gateway = try start(hosts, server, ["--config", file.path])
        try hosts.move(to: "239.255.255.250")
        try file.write("service /g service.test:9\ntoken-file \(tokens[1].path)\n")
        gateway.program.signal(SIGHUP)
        _ = try gateway.program.errorLine(containing: "the services stay as they were")
        for (token, status) in [("first", 200), ("second", 401)] {
            let fields: CurlFields = ["Authorization": "Bearer \(token)"]
            let request = CurlRequest(gateway.url, fields: fields, body: .text("hello"), timeout: Program.timeLimit)
            #expect(try CurlClient().perform(request).status == status, "\(token)")
        }
    }

    /// As at the start, an address of many hosts is none for a service with one reply (RFC 919 7).
    @Test func `a service does not move to a group`() throws {
        let server = try RunningServer(host: "127.0.0.2")
        let hosts = try Hosts(2)
        let gateway = try start(hosts, server)
        #expect(try gateway.post("letter").text == "LETTER")
        for _ in 0..<2 {
            try hosts.move(to: "239.255.0.1")
            gateway.program.signal(SIGHUP)
            _ = try gateway.program.errorLine(containing: "239.255.0.1 is the address of many hosts")
            #expect(try addresses(gateway) == ["\(server.address)"])
            #expect(try gateway.post("letter").text == "LETTER")
            // The next failure is the first one again.
            try hosts.move(to: 3)
            gateway.program.signal(SIGHUP)
            _ = try gateway.program.errorLine(containing: "/: the UDP service is now at [127.0.0.3:")
            try hosts.move(to: 2)
            gateway.program.signal(SIGHUP)
            _ = try gateway.program.errorLine(containing: "/: the UDP service is now at [127.0.0.2:")
        }
    }

    /// The resolver asks a name server that does not answer, and each look-up takes seconds.
    @Test(.enabled(if: geteuid() == 0, "only root may bind port 53"))
    func `a reload that waits for the resolver does not delay the end`() throws {
        let nameServer = try DatagramSocket(boundTo: try #require(SocketAddress("127.0.0.79", port: 53)))
        let server = try RunningServer(host: "127.0.0.2")
        let hosts = try Hosts(2)
        let script = """
            mount -t tmpfs none /etc && echo nameserver 127.0.0.79 > /etc/resolv.conf && touch /etc/hosts && \
            mount --bind "$0" /etc/hosts && exec "$@"
            """
        let gateway = try start(hosts, server, script: script)
        #expect(try gateway.post("letter").text == "LETTER")
        hosts.clear()
        gateway.program.signal(SIGHUP)
        // The query shows that the look-up has begun, and no answer that it lasts.
        var query = pollfd(fd: nameServer.descriptor.number, events: Int16(POLLIN), revents: 0)
        #expect(unsafe poll(&query, 1, 20_000) == 1)
        #expect(try gateway.post("letter").text == "LETTER")
        let ending = try gateway.program.ending(after: SIGTERM)
        #expect(ending.status == 0)
        // The log would have the failure of a look-up that was waited for.
        #expect(ending.error.contains("Told to end") && !ending.error.contains("its addresses stay"))
    }
}
