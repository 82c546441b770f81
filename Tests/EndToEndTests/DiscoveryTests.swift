import Glibc
import Testing

/// Three hosts behind one switch that answer a group or a broadcast, each from its own address.
@Suite(
    .serialized,
    .enabled(if: Namespaces.obstacle == nil && Binaries.has("python3"), "network namespaces or python3 are missing"))
struct DiscoveryTests {
    /// The switch, with the gateway on its host, and the three others.
    private final class Lan {
        static let hosts = ["one", "two", "three"]
        private var programs: [Program] = []
        private let prefix = "letterbox-lan-\(getpid())"

        /// Answers with its name what comes to a group, to a broadcast address or to itself.
        private static let responder = """
            import select, socket, struct, sys
            name, address = sys.argv[1:]
            four = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            four.bind(('', 1900))
            group = socket.inet_aton('239.255.255.250') + socket.inet_aton(address)
            four.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
            six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            six.bind(('::', 1900))
            index = struct.pack('I', socket.if_nametoindex('net'))
            six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, 'ff02::c') + index)
            print('ready', file=sys.stderr, flush=True)
            while True:
                for ready in select.select([four, six], [], [])[0]:
                    text, sender = ready.recvfrom(2048)
                    ready.sendto(name.encode() + b' heard ' + text, sender)
            """

        init() throws {
            try run("ip", "netns", "add", name("switch"))
            try ip("switch", "link", "set", "lo", "up")
            try ip("switch", "link", "add", "lan", "type", "bridge", "mcast_snooping", "0")
            try ip("switch", "address", "add", "192.0.2.1/24", "broadcast", "192.0.2.255", "dev", "lan")
            try ip("switch", "address", "add", "2001:db8::1/64", "dev", "lan", "nodad")
            try ip("switch", "link", "set", "lan", "up")
            try ip("switch", "route", "add", "239.0.0.0/8", "dev", "lan")
            for (number, host) in Self.hosts.enumerated() {
                try run("ip", "netns", "add", name(host))
                try ip(
                    "switch", "link", "add", "name", host, "type", "veth", "peer", "name", "net", "netns", name(host))
                try ip("switch", "link", "set", host, "master", "lan", "up")
                try ip(host, "address", "add", "192.0.2.\(11 + number)/24", "broadcast", "192.0.2.255", "dev", "net")
                try ip(host, "address", "add", "2001:db8::\(11 + number)/64", "dev", "net", "nodad")
                try ip(host, "link", "set", "net", "up")
                let program = try start(host, ["python3", "-c", Self.responder, host, "192.0.2.\(11 + number)"])
                _ = try program.errorLine(startingWith: "ready")
                programs.append(program)
            }
        }

        deinit {
            for host in Self.hosts + ["switch"] { try? run("ip", "netns", "del", name(host)) }
        }

        /// Starts a gateway with these services.
        func serve(_ services: [String]) throws {
            let flags = services.flatMap { ["--service", $0] }
            let gateway = try start("switch", [Binaries.letterbox, "gateway", "--host", "192.0.2.1"] + flags)
            _ = try gateway.errorLine(startingWith: "The gateway is ready")
            programs.append(gateway)
        }

        /// The response to a client that posts `hello`.
        func post(_ path: String) throws -> String {
            let curl = ["curl", "-sS", "--max-time", "50", "-d", "hello", "http://192.0.2.1:8080\(path)"]
            let ending = try start("switch", curl).ending()
            try #require(ending.status == 0, "\(ending.error)")
            return ending.output
        }

        private func start(_ host: String, _ words: [String]) throws -> Program {
            try Program("ip", ["netns", "exec", name(host)] + words)
        }

        private func ip(_ host: String, _ words: String...) throws { try run(["ip", "-n", name(host)] + words) }

        private func name(_ host: String) -> String { "\(prefix)-\(host)" }

        private func run(_ words: String...) throws { try run(words) }

        private func run(_ words: [String]) throws {
            let ending = try Program(words[0], Array(words.dropFirst())).ending()
            try #require(ending.status == 0, "\(words.joined(separator: " ")): \(ending.error)")
        }
    }

    @Test func `all three answer, each from its own address`() throws {
        let lan = try Lan()
        let all = "replies=3 wait=60s from=any"
        try lan.serve([
            "/group4 239.255.255.250:1900 \(all) interface=lan", "/group6 [ff02::c]:1900 \(all) interface=lan ttl=2",
            "/everyone 255.255.255.255:1900 \(all) interface=lan", "/network 192.0.2.255:1900 \(all)",
            "/open 239.255.255.250:1900 replies=all wait=60s quiet=500ms from=any interface=lan",
            "/first 239.255.255.250:1900 from=any interface=lan", "/one 192.0.2.11:1900",
            "/both 239.255.255.250:1900 [ff02::c]:1900 replies=6 wait=60s from=any interface=lan",
            "/away 239.255.255.250:1900 198.51.100.1:9 replies=all wait=60s quiet=500ms from=any",
            "/either [ff02::dead]:1900 239.255.255.250:1900 timeout=60s from=any interface=lan",
        ])
        for path in ["/group4", "/everyone", "/network", "/open", "/group6"] {
            let text = try lan.post(path)
            #expect(text.hasPrefix("{\"complete\":true,\"replies\":["), "\(path): \(text)")
            for (number, host) in Lan.hosts.enumerated() {
                let address = path == "/group6" ? "[2001:db8::\(11 + number)]" : "192.0.2.\(11 + number)"
                // Over IPv6 a host may answer a link-local sender from its link-local address.
                let isThere = text.contains("\"from\":\"\(address):1900\",\"reply\":\"\(host) heard hello\"")
                let isLocal = path == "/group6" && text.contains("\"reply\":\"\(host) heard hello\"")
                #expect(isThere || isLocal, "\(path): \(text)")
            }
        }
        #expect(try lan.post("/first").hasSuffix(" heard hello"))
        #expect(try lan.post("/one") == "one heard hello")
        // Two groups, each with three members; one address that no way leads to; and a group that has none.
        let both = try lan.post("/both")
        #expect(both.hasPrefix("{\"complete\":true,") && both.matches(of: #/heard hello/#).count == 6, "\(both)")
        #expect(both.contains("\"from\":\"192.0.2.11:1900\"") && both.contains("\"from\":\"["), "\(both)")
        let away = try lan.post("/away")
        #expect(away.hasPrefix("{\"complete\":false,") && away.matches(of: #/heard hello/#).count == 3, "\(away)")
        for _ in 0..<2 { #expect(try lan.post("/either").hasSuffix(" heard hello")) }
    }

    /// The kernel lets no socket send to a broadcast address that was not made for it.
    @Test func `a network's broadcast address is refused without from=any`() throws {
        let lan = try Lan()
        try lan.serve(["/network 192.0.2.255:1900", "/wake 192.0.2.255:1900 replies=0"])
        #expect(try lan.post("/network").contains("forbids the datagram"))
        #expect(try lan.post("/wake").isEmpty)
    }
}
