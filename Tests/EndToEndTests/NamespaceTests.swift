import Glibc
import Testing

/// Links that go down and addresses that go away, between hosts of their own.
@Suite(.serialized, .enabled(if: Namespaces.obstacle == nil, Comment(rawValue: Namespaces.obstacle ?? "")))
struct NamespaceTests {
    /// Client, gateway and services, each on its host.
    private final class Network {
        let hosts: Namespaces
        private var programs: [Program] = []

        init(_ services: [Namespaces.Host], _ options: [String]) throws {
            hosts = try Namespaces()
            var upstreams: [String] = []
            for host in services {
                let address = try #require(Namespaces.services[host])
                let server = try hosts.start(
                    host, [Binaries.letterbox, "server", "--host", address, "--port", "12000"])
                _ = try server.errorLine(startingWith: "The server is ready")
                programs.append(server)
                upstreams += ["--upstream", "\(address):12000"]
            }
            let gateway = try hosts.start(
                .gateway,
                [Binaries.letterbox, "gateway", "--host", Namespaces.gatewayAddress, "--port", "8080"] + upstreams
                    + options)
            _ = try gateway.errorLine(startingWith: "The gateway is ready")
            programs.append(gateway)
        }

        /// The response that the client gets; a request that is stuck fails.
        func get(_ path: String, _ options: String...) throws -> (status: Int, text: String) {
            let curl = try hosts.start(
                .client,
                ["curl", "-sS", "--max-time", "50", "-D", "-", "http://\(Namespaces.gatewayAddress):8080\(path)"]
                    + options)
            let ending = try curl.ending()
            try #require(ending.status == 0, "\(ending.error)")
            return (try #require(Int(ending.output.split(separator: " ")[1])), ending.output)
        }

        func post(_ text: String) throws -> (status: Int, text: String) { try get("/", "--data-binary", text) }

        /// Whether that many requests in a row are answered.
        func answers(_ count: Int) throws -> Bool {
            try (0..<count).allSatisfy { number in
                let (status, text) = try post("letter \(number)")
                if status != 200 { Issue.record("\(text)") }
                return status == 200 && text.hasSuffix("\r\n\r\nLETTER \(number)")
            }
        }

        /// Posts until there is an answer again; whatever comes until then must be an honest failure.
        func waitUntilItAnswers() throws {
            let deadline = ContinuousClock.now + Program.timeLimit
            while true {
                let (status, text) = try post("hello")
                if status == 200 { return }
                try #require([502, 503, 504].contains(status) && ContinuousClock.now < deadline, "\(text)")
            }
        }

        /// Posts until every worker sends requests to every service again.
        func waitUntilAllAreUp() throws {
            let deadline = ContinuousClock.now + Program.timeLimit
            while try get("/metrics").text.contains(/\nletterbox_udp_upstream_up\{[^}]*\} 0\n/) {
                try #require(ContinuousClock.now < deadline, "a service stays out")
                // Connections go to the workers in turn, and this many reach each of them.
                for _ in 0..<3 { try waitUntilItAnswers() }
            }
        }

        /// Whether no exchange is under way.
        func isAtRest() throws -> Bool {
            try get("/metrics").text.contains("\nletterbox_udp_exchanges_in_flight 0\n")
        }
    }

    @Test func `where one link is down the other service answers`() throws {
        let network = try Network([.one, .two], ["--attempts", "3", "--timeout", "10s"])
        #expect(try network.answers(6))
        try network.hosts.ip(.gateway, "link", "set", "one", "down")
        #expect(try network.answers(12))
        try network.hosts.ip(.gateway, "link", "set", "two", "down")
        let (status, text) = try network.post("hello")
        #expect(status == 502 && text.contains("error=destination_ip_unroutable"), "\(text)")
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
        let network = try Network([.one], ["--timeout", "30s"])
        #expect(try network.answers(3))
        try network.hosts.ip(.one, "address", "del", "198.51.100.2/24", "dev", "net")
        try network.hosts.ip(.gateway, "neighbour", "flush", "all")
        let (status, text) = try network.post("hello")
        #expect(status == 502 && text.contains("error=destination_ip_unroutable"), "\(text)")
        try network.hosts.ip(.one, "address", "add", "198.51.100.2/24", "dev", "net")
        try network.waitUntilItAnswers()
        #expect(try network.answers(6))
        #expect(try network.isAtRest())
    }

    @Test func `a network without a route is 502`() throws {
        let network = try Network([.one], ["--timeout", "40s", "--attempts", "3"])
        #expect(try network.answers(3))
        try network.hosts.ip(.gateway, "route", "add", "unreachable", "198.51.100.2/32")
        let (status, text) = try network.post("hello")
        #expect(status == 502 && text.contains("error=destination_ip_unroutable"), "\(text)")
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
        let network = try Network([.one, .two], ["--timeout", "10s"])
        #expect(try network.answers(4))
        try network.hosts.ip(.gateway, "route", "add", kind, "198.51.100.2/32")
        #expect(try network.answers(12))
        #expect(try network.isAtRest())
    }

    @Test func `a route that forbids the way is 502 and says so`() throws {
        let network = try Network([.one], ["--timeout", "10s"])
        try network.hosts.ip(.gateway, "route", "add", "prohibit", "198.51.100.2/32")
        let (status, text) = try network.post("hello")
        #expect(status == 502 && text.contains("error=destination_ip_prohibited"), "\(text)")
        #expect(text.contains("A route or filter of the gateway's host forbids the datagram."), "\(text)")
    }

    /// A router behind the gateway's own host forbids the way (icmp(7), type 3 code 13; RFC 4443 3.1, code 1).
    @Test(arguments: ["198.51.100.2", "2001:db8:1::2"], ["", " replies=0", " replies=2"])
    func `a router that forbids the way is told from one that has none`(address: String, options: String) throws {
        let hosts = try Namespaces()
        try hosts.forward()
        let (host, length) = address.contains(":") ? ("[\(address)]", 128) : (address, 32)
        for (kind, error) in [("prohibit", "prohibited"), ("unreachable", "unroutable")] {
            try hosts.ip(.gateway, "route", "add", kind, "\(address)/\(length)")
            let gateway = try hosts.start(
                .client,
                [
                    Binaries.letterbox, "gateway", "--port", "8080", "--workers", "1", "--service",
                    "/ \(host):12000\(options)", "--timeout", "20s", "--attempts", "1",
                ])
            _ = try gateway.errorLine(startingWith: "The gateway is ready")
            // Without a reply the report about one datagram is the next one's answer.
            var text = ""
            let deadline = ContinuousClock.now + Program.timeLimit
            repeat {
                let post = ["curl", "-s", "-D", "-", "-d", "hello", "http://127.0.0.1:8080/"]
                text = try hosts.start(.client, post).ending().output
            } while text.hasPrefix("HTTP/1.1 202 ") && ContinuousClock.now < deadline
            #expect(text.contains("error=destination_ip_\(error)") && text.contains("(ICMP)"), "\(text)")
            try hosts.ip(.gateway, "route", "del", kind, "\(address)/\(length)")
            _ = try gateway.ending(after: SIGKILL)
        }
    }

    /// No neighbour has the address: the kernel sends itself an ICMP message, and no other host has a part in it.
    @Test(arguments: ["", " from=host", " replies=0"])
    func `a host that is missing on the gateway's own link is no report of the network`(options: String) throws {
        let network = try Network([.one], ["--service", "/gone 198.51.100.77:9\(options) timeout=40s"])
        var (status, text) = (202, "")
        let deadline = ContinuousClock.now + Program.timeLimit
        while status == 202, ContinuousClock.now < deadline {
            (status, text) = try network.get("/gone", "--data-binary", "hello", "-H", "Accept: application/json")
        }
        #expect(status == 502 && text.contains("error=destination_ip_unroutable"), "\(text)")
        #expect(text.contains("The gateway's host has no way to the UDP service."), "\(text)")
        #expect(text.contains("\"kind\":\"unreachable\"") && text.contains("\"by\":\"host\""), "\(text)")
    }

    /// A router that lets a datagram of one hop no further tells so.
    @Test(arguments: ["198.51.100.2", "2001:db8:1::2", "::ffff:198.51.100.2"])
    func `the time to live of a datagram holds for an address of one host, too`(address: String) throws {
        let hosts = try Namespaces()
        try hosts.forward()
        let server = try hosts.start(.one, [Binaries.letterbox, "server", "--host", "::"])
        _ = try server.errorLine(startingWith: "The server is ready")
        let host = address.contains(":") ? "[\(address)]" : address
        let gateway = try hosts.start(
            .client,
            [
                Binaries.letterbox, "gateway", "--port", "8080", "--timeout", "20s",
                "--service", "/near \(host):12000 from=any ttl=1", "--service", "/far \(host):12000 from=any ttl=2",
            ])
        _ = try gateway.errorLine(startingWith: "The gateway is ready")
        #expect(try hosts.curl("http://127.0.0.1:8080/far", "-d", "hello") == "HELLO")
        let near = ["curl", "-s", "-d", "hello", "http://127.0.0.1:8080/near"]
        #expect(try hosts.start(.client, near).ending().output.contains("\"status\":502"))
    }

    /// A VPN or a stick goes and comes back: the interface of the same name has another number then.
    @Test func `an interface that comes back is used again`() throws {
        let network = try Network(
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

    /// send(2) says ENOBUFS while the queue to the network is full (tc-tbf(8)): the datagrams leave a moment later.
    @Test func `payloads wait where the queue to the network is full`() throws {
        let network = try Network([.one], ["--timeout", "20s", "--attempts", "1"])
        let slow = "tc qdisc add dev one root tbf rate 2mbit burst 1600 limit 3000"
        #expect(try network.hosts.start(.gateway, ["sh", "-c", slow]).ending().status == 0)
        let letter = String(repeating: "x", count: 1000)
        let burst = try network.hosts.start(
            .client,
            [
                "curl", "-sS", "--parallel", "--parallel-immediate", "--parallel-max", "20", "--max-time", "50",
                "-w", "%{http_code} ", "-o", "/dev/null", "-d", letter,
                "http://\(Namespaces.gatewayAddress):8080/?[1-20]",
            ])
        let ending = try burst.ending()
        #expect(ending.output == String(repeating: "200 ", count: 20))
        // It was full indeed.
        let metrics = try network.get("/metrics").text
        #expect(!metrics.contains("letterbox_udp_blocked_total{upstream=\"1\",service=\"/\"} 0\n"), "\(metrics)")
        #expect(try network.isAtRest())
    }

    /// connect(2) says EAGAIN when no local port is left; the ports that there are do, as soon as they are rested.
    @Test func `requests wait where no port is left`() throws {
        let network = try Network([.one], ["--timeout", "20s", "--rest", "10ms"])
        let few = "echo 40000 40007 > /proc/sys/net/ipv4/ip_local_port_range"
        #expect(try network.hosts.start(.gateway, ["sh", "-c", few]).ending().status == 0)
        #expect(try network.answers(24))
        #expect(try network.isAtRest())
    }

    /// The port of a local service that is down is free, and the kernel may give it to the very socket that asks.
    @Test(arguments: ["", " from=host", " replies=2 wait=100ms"])
    func `no socket hears its own datagram`(options: String) throws {
        let service = "/dead \(Namespaces.gatewayAddress):40001\(options) quarantine=0s"
        let network = try Network([.one], ["--service", service, "--timeout", "100ms"])
        let few = "echo 40000 40003 > /proc/sys/net/ipv4/ip_local_port_range"
        #expect(try network.hosts.start(.gateway, ["sh", "-c", few]).ending().status == 0)
        for number in 0..<12 {
            let (status, text) = try network.get("/dead", "--data-binary", "mine \(number)")
            #expect([502, 503, 504].contains(status), "\(text)")
        }
    }

    /// A client that takes replies from all senders has a socket without a peer, and may get that port as well.
    @Test func `no client hears its own datagram`() throws {
        let hosts = try Namespaces()
        let few = "echo 40000 40003 > /proc/sys/net/ipv4/ip_local_port_range"
        #expect(try hosts.start(.one, ["sh", "-c", few]).ending().status == 0)
        for _ in 0..<16 {
            let client = try hosts.start(
                .one,
                [
                    Binaries.letterbox, "client", "127.0.0.1", "mine", "--port", "40001", "--replies", "all",
                    "--timeout", "20ms",
                ])
            #expect(try client.ending().output == "")
        }
    }

    /// Replies that stay in the queue to the network (tc-tbf(8)) do not keep a server from its end.
    @Test func `a server ends while the queue to the network is full`() throws {
        let hosts = try Namespaces()
        let address = try #require(Namespaces.services[.one])
        let server = try hosts.start(.one, [Binaries.letterbox, "server", "--service", "echo"])
        _ = try server.errorLine(startingWith: "The server is ready")
        func ping(_ options: String...) throws -> Program.Ending {
            try hosts.start(.gateway, [Binaries.letterbox, "ping", address] + options).ending()
        }
        // Now the hosts know each other's link addresses.
        #expect(try ping("--count", "1").status == 0)
        let slow = "tc qdisc add dev net root tbf rate 8bit burst 1600 limit 100000000"
        #expect(try hosts.start(.one, ["sh", "-c", slow]).ending().status == 0)
        let rush = try ping("--count", "500", "--size", "1400", "--interval", "1ms", "--timeout", "1ms")
        #expect(!rush.output.contains("500 received"))
        #expect(try server.ending(after: SIGTERM).status == 0)
    }

    /// Sockets that are bound to an address of old cannot send any more; no request is to suffer from that.
    @Test func `the gateway may get another address`() throws {
        let network = try Network([.one], ["--workers", "1", "--rest", "0ms"])
        #expect(try network.answers(6))
        try network.hosts.ip(.gateway, "address", "del", "198.51.100.1/24", "dev", "one")
        let (status, text) = try network.post("hello")
        #expect(status == 502, "\(text)")
        try network.hosts.ip(.gateway, "address", "add", "198.51.100.3/24", "dev", "one")
        #expect(try network.answers(6))
        #expect(try network.isAtRest())
    }

    /// A router tells the gateway that the next link takes less: the letter leaves again at once, whatever it is allowed to
    /// wait for, and once more when the kernel has forgotten.
    @Test(arguments: ["198.51.100.2", "2001:db8:1::2"])
    func `a letter too long for a later link leaves again at once`(service: String) throws {
        let hosts = try Namespaces()
        try hosts.forward()
        try hosts.narrow(.one, to: 1300)
        let server = try hosts.start(
            .one, [Binaries.letterbox, "server", "--host", service.contains(":") ? "::" : "0.0.0.0"])
        _ = try server.errorLine(startingWith: "The server is ready")
        let upstream = service.contains(":") ? "[\(service)]:12000" : "\(service):12000"
        let gateway = try hosts.start(
            .client,
            [
                Binaries.letterbox, "gateway", "--port", "8080", "--workers", "1", "--upstream", upstream,
                "--attempts", "1", "--timeout", "3600s",
            ])
        _ = try gateway.errorLine(startingWith: "The gateway is ready")
        let letter = String(repeating: "x", count: 1400)
        for count in 1...2 {
            try hosts.ip(.client, service.contains(":") ? "-6" : "-4", "route", "flush", "cache")
            let reply = try hosts.curl("http://127.0.0.1:8080/", "--data-binary", letter)
            #expect(reply == letter.uppercased())
            let metrics = try hosts.curl("http://127.0.0.1:8080/metrics")
            let sample = "letterbox_udp_resized_total{upstream=\"1\",service=\"/\"} \(count)\n"
            #expect(metrics.contains(sample), "\(metrics)")
        }
    }

    /// The reply, or the request, is longer than a link takes that neither end knows of: over IPv6 also one that only the
    /// later link does not take, so that the sender hears of it from a router alone.
    @Test(
        arguments: [
            ("198.51.100.2", .client, 1400), ("198.51.100.2", .one, 1400), ("2001:db8:1::2", .client, 1500),
            ("2001:db8:1::2", .client, 1400), ("2001:db8:1::2", .one, 1400),
        ] as [(String, Namespaces.Host, Int)])
    func `no datagram is lost because a link takes shorter ones`(
        address: String, narrow: Namespaces.Host, length: Int
    ) throws {
        let hosts = try Namespaces()
        try hosts.forward()
        // The least that IPv6 allows.
        try hosts.narrow(narrow, to: 1280)
        let server = try hosts.start(
            .one, [Binaries.letterbox, "server", "--host", address.contains(":") ? "::" : "0.0.0.0"])
        _ = try server.errorLine(startingWith: "The server is ready")
        let text = String(repeating: "x", count: length)
        let client = try hosts.start(
            .client, [Binaries.letterbox, "client", address, text, "--attempts", "1", "--timeout", "20s"])
        #expect(try client.ending() == Program.Ending(status: 0, output: "\(text.uppercased())\n", error: ""))
    }
}
