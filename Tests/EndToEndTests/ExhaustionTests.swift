import Glibc
import Testing

extension NamespaceTests {
    /// Queues that are full, and hosts that have hardly a port.
    @Suite struct ExhaustionTests {
        /// send(2) says ENOBUFS while the queue to the network is full (tc-tbf(8)): the datagrams leave a moment later.
        @Test func `payloads wait where the queue to the network is full`() throws {
            let network = try HostNetwork([.one], ["--timeout", "20s", "--attempts", "1"])
            try network.hosts.shell(.gateway, "tc qdisc add dev one root tbf rate 2mbit burst 1600 limit 3000")
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
            let network = try HostNetwork([.one], ["--timeout", "20s", "--rest", "10ms"])
            try network.hosts.limitPorts(.gateway, to: 40000...40007)
            #expect(try network.answers(24))
            #expect(try network.isAtRest())
        }

        /// bind(2) says EADDRINUSE for a socket without a peer: the caller and the log hear what is missing.
        @Test func `the log tells that no port is left`() throws {
            let service = "/any \(Namespaces.gatewayAddress):41000 from=any timeout=100ms"
            let network = try HostNetwork([.one], ["--workers", "1", "--service", service])
            try network.hosts.limitPorts(.gateway, to: 40000...40001)
            let sentence = "No UDP port of the gateway's host was free in time."
            let answers = try (0..<4).map { _ in try network.get("/any", "--data-binary", "hello") }
            #expect(answers.contains { $0.status == 503 && $0.text.contains(sentence) }, "\(answers)")
            _ = try network.gateway.errorLine(containing: "/any: 503: \(sentence)")
        }

        /// The port of a local service that is down is free, and the kernel may give it to the very socket that asks.
        @Test(arguments: ["", " from=host", " replies=2 wait=100ms"])
        func `no socket hears its own datagram`(options: String) throws {
            let service = "/dead \(Namespaces.gatewayAddress):40001\(options) quarantine=0s"
            let network = try HostNetwork([.one], ["--service", service, "--timeout", "100ms"])
            try network.hosts.limitPorts(.gateway, to: 40000...40003)
            for number in 0..<12 {
                let (status, text) = try network.get("/dead", "--data-binary", "mine \(number)")
                #expect([502, 503, 504].contains(status), "\(text)")
            }
        }

        /// A client that takes replies from all senders has a socket without a peer, and may get that port as well.
        @Test func `no client hears its own datagram`() throws {
            let hosts = try Namespaces()
            try hosts.limitPorts(.one, to: 40000...40003)
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
            let server = try hosts.startLetterbox(.one, ["server", "--service", "echo"])
            func ping(_ options: String...) throws -> Program.Ending {
                try hosts.start(.gateway, [Binaries.letterbox, "ping", address] + options).ending()
            }
            // Now the hosts know each other's link addresses.
            #expect(try ping("--count", "1").status == 0)
            try hosts.shell(.one, "tc qdisc add dev net root tbf rate 8bit burst 1600 limit 100000000")
            let rush = try ping("--count", "500", "--size", "1400", "--interval", "1ms", "--timeout", "1ms")
            #expect(!rush.output.contains("500 received"))
            #expect(try server.ending(after: SIGTERM).status == 0)
        }
    }
}
