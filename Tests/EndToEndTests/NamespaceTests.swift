import Glibc
import Testing

/// Tests on hosts of their own, one at a time, for the hosts have the same names in each.
@Suite(.serialized, .enabled(if: Namespaces.obstacle == nil, Comment(rawValue: Namespaces.obstacle ?? "")))
struct NamespaceTests {
    /// Links that go down, and addresses and routes that go away.
    @Suite struct LinkTests {
        @Test func `where one link is down the other service answers`() throws {
            let network = try HostNetwork([.one, .two], ["--attempts", "3", "--timeout", "10s"])
            #expect(try network.answers(6))
            try network.hosts.ip(.gateway, "link", "set", "one", "down")
            #expect(try network.answers(12))
            try network.hosts.ip(.gateway, "link", "set", "two", "down")
            try network.expectUnroutable()
            try network.hosts.ip(.gateway, "link", "set", "two", "up")
            try network.waitUntilItAnswers()
            #expect(try network.answers(12))
            // The cable is pulled out at the other end: nothing refuses, nothing comes back.
            try network.hosts.ip(.gateway, "link", "set", "one", "up")
            // A worker that still skips one service would ask only the other.
            try network.waitUntilAllAreUp()
            try network.hosts.ip(.two, "link", "set", "net", "down")
            #expect(try network.answers(12))
            #expect(try network.isAtRest())
        }

        /// The kernel looks for the host for some three seconds before it reports that it is unreachable (arp(7)).
        @Test func `a service whose address is gone is 502 and comes back with it`() throws {
            let network = try HostNetwork([.one], ["--timeout", "30s"])
            #expect(try network.answers(3))
            try network.hosts.ip(.one, "address", "del", "198.51.100.2/24", "dev", "net")
            try network.hosts.ip(.gateway, "neighbour", "flush", "all")
            try network.expectUnroutable()
            try network.hosts.ip(.one, "address", "add", "198.51.100.2/24", "dev", "net")
            try network.waitUntilItAnswers()
            #expect(try network.answers(6))
            #expect(try network.isAtRest())
        }

        @Test func `a network without a route is 502`() throws {
            let network = try HostNetwork([.one], ["--timeout", "40s", "--attempts", "3"])
            #expect(try network.answers(3))
            try network.hosts.ip(.gateway, "route", "add", "unreachable", "198.51.100.2/32")
            try network.expectUnroutable()
            let trace = try network.get("/", "--data-binary", "hello", "-H", "Accept: application/json").text
            #expect(trace.contains("\"steps\":[{\"kind\":\"unreachable\",\"at\":"), "\(trace)")
            #expect(
                try network.get("/metrics").text.contains(
                    "letterbox_udp_unreachables_total{upstream=\"1\",service=\"/\"} 2\n"))
            try network.hosts.ip(.gateway, "route", "del", "unreachable", "198.51.100.2/32")
            try network.waitUntilItAnswers()
            #expect(try network.answers(6))
            #expect(try network.isAtRest())
        }

        /// Whatever keeps one service from being reached, the other one answers: each kind says another error (ip-route(8)).
        @Test(arguments: ["unreachable", "prohibit", "blackhole", "throw"])
        func `a route that leads nowhere leads to the other service`(kind: String) throws {
            let network = try HostNetwork([.one, .two], ["--timeout", "10s"])
            #expect(try network.answers(4))
            try network.hosts.ip(.gateway, "route", "add", kind, "198.51.100.2/32")
            #expect(try network.answers(12))
            #expect(try network.isAtRest())
        }

        @Test func `a route that forbids the way is 502 and says so`() throws {
            let network = try HostNetwork([.one], ["--timeout", "10s"])
            try network.hosts.ip(.gateway, "route", "add", "prohibit", "198.51.100.2/32")
            let (status, text) = try network.post("hello")
            #expect(status == 502 && text.contains("error=destination_ip_prohibited"), "\(text)")
            #expect(text.contains("A route or filter of the gateway's host forbids the datagram."), "\(text)")
        }

        /// No neighbour has the address: the kernel sends itself an ICMP message, and no other host has a part in it.
        @Test(arguments: ["", " from=host", " replies=0"])
        func `a host that is missing on the gateway's own link is no report of the network`(options: String) throws {
            let network = try HostNetwork([.one], ["--service", "/gone 198.51.100.77:9\(options) timeout=40s"])
            var (status, text) = (202, "")
            let deadline = ContinuousClock.now + Program.timeLimit
            while status == 202, ContinuousClock.now < deadline {
                (status, text) = try network.get("/gone", "--data-binary", "hello", "-H", "Accept: application/json")
            }
            #expect(status == 502 && text.contains("error=destination_ip_unroutable"), "\(text)")
            #expect(text.contains("The gateway's host has no way to the UDP service."), "\(text)")
            #expect(text.contains("\"kind\":\"unreachable\"") && text.contains("\"by\":\"host\""), "\(text)")
        }

        /// A VPN or a stick goes and comes back: the interface of the same name has another number then.
        @Test func `an interface that comes back is used again`() throws {
            let network = try HostNetwork(
                [.one],
                [
                    "--workers", "1", "--service",
                    "/group 239.255.255.250:1900 replies=all wait=50ms from=any interface=one",
                    "--service", "/once 239.255.255.250:9 replies=0 interface=one",
                    "--service", "/six [ff02::c]:9 replies=0 interface=one",
                ])
            func statuses() throws -> [Int] {
                try ["/group", "/once", "/six"].map { try network.get($0, "--data-binary", "hello").status }
            }
            // The address of its own that the interface gets may be used a second later (RFC 4862 5.4).
            func addAddress() throws {
                try network.hosts.ip(.gateway, "address", "add", "2001:db8:1::1/64", "dev", "one", "nodad")
            }
            try addAddress()
            #expect(try statuses() == [200, 202, 202])
            try network.hosts.ip(.gateway, "link", "del", "one")
            #expect(try statuses() == [502, 502, 502])
            try network.hosts.join(.one, "198.51.100.2", to: "198.51.100.1")
            try addAddress()
            #expect(try statuses() == [200, 202, 202])
        }

        /// Sockets that are bound to an address of old cannot send any more; no request is to suffer from that.
        @Test func `the gateway may get another address`() throws {
            let network = try HostNetwork([.one], ["--workers", "1", "--rest", "0ms"])
            #expect(try network.answers(6))
            try network.hosts.ip(.gateway, "address", "del", "198.51.100.1/24", "dev", "one")
            let (status, text) = try network.post("hello")
            #expect(status == 502, "\(text)")
            try network.hosts.ip(.gateway, "address", "add", "198.51.100.3/24", "dev", "one")
            #expect(try network.answers(6))
            #expect(try network.isAtRest())
        }
    }
}
