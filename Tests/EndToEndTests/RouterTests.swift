import Glibc
import Testing

extension NamespaceTests {
    /// A router between the gateway, on the client's host, and the service.
    @Suite struct RouterTests {
        /// An address as it stands in front of a port.
        private func bracketed(_ address: String) -> String { address.contains(":") ? "[\(address)]" : address }

        /// Starts a server for datagrams of the family that an address is of.
        private func startServer(_ hosts: Namespaces, for address: String) throws {
            try hosts.startLetterbox(.one, ["server", "--host", address.contains(":") ? "::" : "0.0.0.0"])
        }

        /// A router behind the gateway's own host forbids the way (icmp(7), type 3 code 13; RFC 4443 3.1, code 1).
        @Test(arguments: ["198.51.100.2", "2001:db8:1::2"], ["", " replies=0", " replies=2"])
        func `a router that forbids the way is told from one that has none`(address: String, options: String) throws {
            let hosts = try Namespaces()
            try hosts.forward()
            let (host, length) = (bracketed(address), address.contains(":") ? 128 : 32)
            for (kind, error) in [("prohibit", "prohibited"), ("unreachable", "unroutable")] {
                try hosts.ip(.gateway, "route", "add", kind, "\(address)/\(length)")
                let gateway = try hosts.startGatewayOfClient([
                    "--workers", "1", "--service", "/ \(host):12000\(options)", "--timeout", "20s", "--attempts", "1",
                ])
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

        /// A router that lets a datagram of one hop no further tells so.
        @Test(arguments: ["198.51.100.2", "2001:db8:1::2", "::ffff:198.51.100.2"])
        func `the time to live of a datagram holds for an address of one host, too`(address: String) throws {
            let hosts = try Namespaces()
            try hosts.forward()
            try hosts.startLetterbox(.one, ["server", "--host", "::"])
            let host = bracketed(address)
            try hosts.startGatewayOfClient([
                "--timeout", "20s", "--service", "/near \(host):12000 from=any ttl=1", "--service",
                "/far \(host):12000 from=any ttl=2",
            ])
            #expect(try hosts.curl("http://127.0.0.1:8080/far", "-d", "hello") == "HELLO")
            let near = ["curl", "-s", "-d", "hello", "http://127.0.0.1:8080/near"]
            #expect(try hosts.start(.client, near).ending().output.contains("\"status\":502"))
        }

        /// A router tells the gateway that the next link takes less: the letter leaves again at once, whatever it is allowed to
        /// wait for, and once more when the kernel has forgotten.
        @Test(arguments: ["198.51.100.2", "2001:db8:1::2"])
        func `a letter too long for a later link leaves again at once`(service: String) throws {
            let hosts = try Namespaces()
            try hosts.forward()
            try hosts.narrow(.one, to: 1300)
            try startServer(hosts, for: service)
            try hosts.startGatewayOfClient([
                "--workers", "1", "--upstream", "\(bracketed(service)):12000", "--attempts", "1", "--timeout", "3600s",
            ])
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
            try startServer(hosts, for: address)
            let text = String(repeating: "x", count: length)
            let client = try hosts.start(
                .client, [Binaries.letterbox, "client", address, text, "--attempts", "1", "--timeout", "20s"])
            #expect(try client.ending() == Program.Ending(status: 0, output: "\(text.uppercased())\n", error: ""))
        }

        /// Without a reply no sender hears that a router could not pass a datagram on; over IPv4 it makes fragments.
        @Test func `no datagram without a reply is lost because a link takes shorter ones`() throws {
            let hosts = try Namespaces()
            try hosts.forward()
            try hosts.narrow(.one, to: 1280)
            let server = try hosts.startLetterbox(.one, ["server", "--host", "0.0.0.0", "--verbose"])
            try hosts.startGatewayOfClient(["--workers", "1", "--service", "/ 198.51.100.2:12000 replies=0"])
            for letter in [String(repeating: "x", count: 1400), "short"] {
                _ = try hosts.curl("http://127.0.0.1:8080/", "--data-binary", letter)
            }
            let line = try server.outputLines(atLeast: 1)[0]
            #expect(line.contains(", 1400 bytes "), "\(line)")
        }

        /// A router tells the client that the next link takes less, and the client sends again, as it does for one reply.
        @Test(arguments: ["1", "all"]) func `a client of several replies sends again in fragments`(count: String) throws
        {
            let hosts = try Namespaces()
            try hosts.forward()
            try hosts.narrow(.one, to: 1280)
            try startServer(hosts, for: "2001:db8:1::2")
            let text = String(repeating: "x", count: 1400)
            let words = ["client", "2001:db8:1::2", text, "--replies", count, "--timeout", "5s", "--verbose"]
            let ending = try hosts.start(.client, [Binaries.letterbox] + words).ending()
            #expect(ending.status == 0 && ending.output.hasSuffix(" ms: \(text.uppercased())\n"), "\(ending)")
            let told = ending.errorLines.compactMap { $0.split(separator: ": ").last }
            #expect(told.count == 3 && told.prefix(2) == ["sent", "sent again in fragments"], "\(ending)")
        }
    }
}
