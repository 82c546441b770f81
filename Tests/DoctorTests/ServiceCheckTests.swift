import Doctor
import System
import Testing

/// The doctor's findings on names, routes and probes, and its output.
@Suite struct ServiceCheckTests {
    private let address: SocketAddress

    init() throws { address = try #require(SocketAddress("192.0.2.7", port: 53)) }

    @Test func names() {
        let endpoint = Endpoint(host: "dns.example", port: 53)
        let found = Result<[SocketAddress], any Error>.success([address])
        #expect(
            Finding.name(endpoint, found, after: .milliseconds(1000))
                == .ok("name", "dns.example is 192.0.2.7, after 1000.000 ms"))
        #expect(Finding.name(endpoint, found, after: Interval(nanoseconds: 1_000_000_001)).verdict == .warning)
        do {
            _ = try Resolver.resolve(Endpoint(host: "no such name", port: 1))
            Issue.record("a name with spaces has an address")
        } catch {
            let finding = Finding.name(endpoint, .failure(error), after: .milliseconds(3))
            #expect(finding.verdict == .bad && finding.remedy?.hasPrefix("getent ahosts dns.example") == true)
        }
    }

    @Test(arguments: [
        (1500, 1472, Finding.Verdict.ok), (1500, 1473, .warning), (1499, 1472, .warning), (1500, 65_507, .ok),
        (65_536, 65_507, .ok), (20, 100, .warning),
    ])
    func routes(mtu: Int, maxDatagram: Int, verdict: Finding.Verdict) {
        let route = Route(source: address, mtu: mtu)
        let finding = Finding.route(address, .success(route), maxDatagram: maxDatagram)
        #expect(finding.verdict == verdict)
        #expect(finding.text.contains("whole") == (mtu - 28 >= maxDatagram))
    }

    /// The headers are those of IPv4.
    @Test(arguments: [("192.0.2.1", 1472), ("::ffff:192.0.2.1", 1472), ("::ffff:0:192.0.2.1", 1452), ("::1", 1452)])
    func `headers take a part of the packet`(host: String, payload: Int) throws {
        #expect(Route(source: try #require(SocketAddress(host, port: 9)), mtu: 1500).payload == payload)
    }

    @Test func `no route is bad`() throws {
        let error = SystemError(.connect, address, ErrorNumber(101))
        let finding = Finding.route(address, .failure(error), maxDatagram: 1)
        #expect(finding.verdict == .bad && finding.remedy == "ip route get 192.0.2.7")
    }

    @Test func probes() {
        #expect(Finding.probe(address, nil, after: .milliseconds(2)).verdict == .ok)
        #expect(Finding.probe(address, "no reply", after: .milliseconds(2)).verdict == .bad)
        #expect(Finding.unasked("/bulb").verdict == .ok)
    }

    @Test(arguments: ["127.0.0.1", "::1"]) func `the loopback interface is a way`(host: String) throws {
        let remote = try #require(SocketAddress(host, port: 9))
        if host == "::1", (try? DatagramSocket(boundTo: try #require(SocketAddress(host, port: 0)))) == nil {
            try Test.cancel("this host has no IPv6")
        }
        let route = try Route(to: remote)
        #expect(route.source.host == host && route.mtu >= 1280)
    }

    @Test func `the broadcast address of the loopback network is one for sockets that may use it`() throws {
        let remote = try #require(SocketAddress("127.255.255.255", port: 9))
        #expect(throws: SystemError.self) { try Route(to: remote) }
        #expect(try Route(towards: remote).source.host == "127.0.0.1")
        #expect(throws: SystemError.self) { try Route(towards: remote, interface: "none") }
    }

    @Test func `columns, commands, and a sum`() {
        let report = Report([
            .ok("local ports", "many"), .warning("name", "slow", remedy: "getent"),
            .bad("route", "none", remedy: "ip route"),
        ])
        #expect(
            report.text == """
                ok    local ports  many
                warn  name         slow
                                   $ getent
                bad   route        none
                                   $ ip route
                1 ok, 1 warn, 1 bad
                """)
        #expect(report.hasFailed)
        #expect(!Report([.warning("a", "b", remedy: "c")]).hasFailed)
    }

    @Test(arguments: [(30, .ok), (31, .warning)] as [(UInt64, Finding.Verdict)]) func drain(
        seconds: UInt64, verdict: Finding.Verdict
    ) {
        let finding = Finding.drain(timeout: .seconds(seconds), drainTimeout: .seconds(30))
        #expect(finding.verdict == verdict && (finding.remedy == nil) == (verdict == .ok))
    }
}
