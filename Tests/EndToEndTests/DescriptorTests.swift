import CurlClient
import Glibc
import Testing

/// The descriptors that the gateway keeps open.
@Suite struct DescriptorTests {
    /// The descriptors of a process that are neither a UDP socket of the gateway's ring nor an HTTP connection.
    ///
    /// Sockets of the ring stay open for a while after their exchange, so they are counted by the gateway itself; the
    /// count is taken when the gateway says the same before and after it.
    private func fixedDescriptors(_ gateway: RunningGateway, _ client: CurlClient) throws -> Int {
        let names = ["udp_sockets", "http_connections"]
        let deadline = ContinuousClock.now + Program.timeLimit
        while true {
            let before = try gateway.metrics(client)
            let count = try descriptors(of: gateway.program.pid)
            let after = try gateway.metrics(client)
            if names.allSatisfy({ before[$0] == after[$0] }), after["http_connections"] == 1 {
                return count - names.reduce(0) { $0 + (after[$1] ?? 0) }
            }
            try #require(ContinuousClock.now < deadline, "connections do not end: \(after)")
        }
    }

    /// How many descriptors a process has open (proc(5), /proc/pid/fd).
    private func descriptors(of process: pid_t) throws -> Int {
        guard let folder = unsafe opendir("/proc/\(process)/fd") else {
            throw Program.Failure(description: "no descriptors of \(process): errno \(errno)")
        }
        defer { unsafe closedir(folder) }
        var count = 0
        while let entry = unsafe readdir(folder) {
            if unsafe entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        return count
    }

    @Test func `no descriptor is left over`() throws {
        let gateway = try RunningGateway()
        let client = CurlClient()
        #expect(try client.post(gateway.url, Array("hello".utf8)).text == "HELLO")
        let before = try fixedDescriptors(gateway, client)
        for round in 0..<25 { try disturb(gateway, round) }
        #expect(try fixedDescriptors(gateway, client) == before)
    }

    /// Connections and requests of every kind, eight of them.
    private func disturb(_ gateway: RunningGateway, _ round: Int) throws {
        let single = CurlClient()
        #expect(try single.post(gateway.url, Array("round \(round)".utf8)).text == "ROUND \(round)")
        #expect(try single.get("\(gateway.url)/nothing").status == 404)
        #expect(try gateway.post(String(repeating: "x", count: 70_000)).status == 413)
        let pair = performAll([CurlRequest(gateway.url), CurlRequest(gateway.url)], concurrency: 2)
        #expect(try pair.map { try $0.get().status } == [200, 200])
        for beginning in [
            "", "GET / HT", "POST / HTTP/1.1\r\nHost: letterbox\r\nContent-Length: 9\r\n\r\nonly",
            "POST / HTTP/1.1\r\nHost: letterbox\r\nContent-Length: 4\r\n\r\ngone",
        ] {
            let connection = try TCPConnection(to: gateway.address)
            if !beginning.isEmpty { connection.send(beginning) }
            if round.isMultiple(of: 2) { connection.resetWhenClosed() }
        }
    }

    @Test func `an upstream that refuses costs none either`() throws {
        let gateway = try RunningGateway(
            ["--quarantine", "0ms", "--rest", "0ms"] + UDPPeer.persistently, upstream: UDPPeer.closedAddress())
        let client = CurlClient()
        #expect(try client.post(gateway.url, Array("hello".utf8)).status == 502)
        let before = try fixedDescriptors(gateway, client)
        for _ in 0..<20 { #expect(try client.post(gateway.url, Array("hello".utf8)).status == 502) }
        #expect(try fixedDescriptors(gateway, client) == before)
    }
}
