import Glibc
import Testing

/// Four hosts in network namespaces of their own (ip-netns(8)): client - gateway - one and two.
///
/// The addresses are of the block for documentation (RFC 5737), and only programs in the namespaces see them.
final class Namespaces {
    enum Host: String, CaseIterable { case client, gateway, one, two }

    /// Where the gateway is for the client, and the services for the gateway.
    static let gatewayAddress = "192.0.2.1"
    static let services: [Host: String] = [.one: "198.51.100.2", .two: "203.0.113.2"]

    /// What runs on the hosts until the end of the test.
    private var programs: [Program] = []

    /// Why the tests cannot run here; nil where they can.
    static let obstacle: String? = {
        guard geteuid() == 0 else { return "network namespaces need root" }
        guard Binaries.has("ip") else { return "ip is not installed" }
        guard Binaries.has("curl") else { return "curl is not installed" }
        let name = "letterbox-\(getpid())-trial"
        defer { try? run("ip", "netns", "del", name) }
        do {
            try run("ip", "netns", "add", name)
            try run("ip", "-n", name, "link", "add", "name", "left", "type", "veth", "peer", "name", "right")
        } catch { return "network namespaces do not work here: \(error)" }
        return nil
    }()

    /// Sets them up, and joins them.
    init() throws {
        for host in Host.allCases {
            try Self.run("ip", "netns", "add", Self.name(host))
            try ip(host, "link", "set", "lo", "up")
        }
        try join(.client, "192.0.2.2", to: Self.gatewayAddress)
        try join(.one, "198.51.100.2", to: "198.51.100.1")
        try join(.two, "203.0.113.2", to: "203.0.113.1")
    }

    deinit {
        // The programs in them are ended by their owners; an interface goes with its namespace.
        for host in Host.allCases { try? Self.run("ip", "netns", "del", Self.name(host)) }
    }

    /// Starts a program on a host.
    func start(_ host: Host, _ words: [String]) throws -> Program {
        try Program("ip", ["netns", "exec", Self.name(host)] + words)
    }

    /// Starts a subcommand of `letterbox` on a host and waits until it is ready; it runs until the end of the test.
    @discardableResult
    func startLetterbox(_ host: Host, _ words: [String]) throws -> Program {
        let program = try start(host, [Binaries.letterbox] + words)
        programs.append(program)
        _ = try program.errorLine(startingWith: "The \(words[0]) is ready")
        return program
    }

    /// Starts a gateway on the client's own host, at port 8080.
    @discardableResult
    func startGatewayOfClient(_ options: [String]) throws -> Program {
        try startLetterbox(.client, ["gateway", "--port", "8080"] + options)
    }

    /// Runs a command of the shell on a host.
    func shell(_ host: Host, _ command: String) throws {
        let ending = try start(host, ["sh", "-c", command]).ending()
        try #require(ending.status == 0, "\(command): \(ending.error)")
    }

    /// Leaves a host these ports for the sockets that choose none.
    func limitPorts(_ host: Host, to ports: ClosedRange<Int>) throws {
        try shell(host, "echo \(ports.lowerBound) \(ports.upperBound) > /proc/sys/net/ipv4/ip_local_port_range")
    }

    /// Changes a host's interfaces; the gateway's are named for the hosts that they lead to, the others' are "net".
    func ip(_ host: Host, _ words: String...) throws {
        try Self.run(["ip", "-n", Self.name(host)] + words)
    }

    /// Makes the gateway's host a router between the client and the first service, for IPv4 and IPv6.
    func forward() throws {
        for (host, network, far) in [
            (Host.client, "2001:db8:2:", ["198.51.100.0/24", "2001:db8:1::/64"]),
            (.one, "2001:db8:1:", ["192.0.2.0/24", "2001:db8:2::/64"]),
        ] {
            try ip(.gateway, "address", "add", "\(network):1/64", "dev", host.rawValue, "nodad")
            try ip(host, "address", "add", "\(network):2/64", "dev", "net", "nodad")
            try ip(host, "route", "add", far[0], "via", host == .one ? "198.51.100.1" : Self.gatewayAddress)
            try ip(host, "route", "add", far[1], "via", "\(network):1")
        }
        let forward = "echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding"
        try shell(.gateway, forward)
    }

    /// Makes the link to a host take packets of so many bytes at most, at both of its ends.
    func narrow(_ host: Host, to bytes: Int) throws {
        try ip(.gateway, "link", "set", host.rawValue, "mtu", "\(bytes)")
        try ip(host, "link", "set", "net", "mtu", "\(bytes)")
    }

    /// The output of curl on the client's host; a request that is stuck fails.
    func curl(_ words: String...) throws -> String {
        let ending = try start(.client, ["curl", "-sS", "--fail-with-body", "--max-time", "50"] + words).ending()
        try #require(ending.status == 0, "\(ending.error)\(ending.output)")
        return ending.output
    }

    /// Links a host with the gateway's.
    func join(_ host: Host, _ address: String, to gateway: String) throws {
        try ip(
            .gateway, "link", "add", "name", host.rawValue, "type", "veth", "peer", "name", "net", "netns",
            Self.name(host))
        try ip(.gateway, "address", "add", "\(gateway)/24", "dev", host.rawValue)
        try ip(host, "address", "add", "\(address)/24", "dev", "net")
        try ip(.gateway, "link", "set", host.rawValue, "up")
        try ip(host, "link", "set", "net", "up")
    }

    private static func name(_ host: Host) -> String { "letterbox-\(getpid())-\(host.rawValue)" }

    private static func run(_ words: String...) throws { try run(words) }

    private static func run(_ words: [String]) throws {
        let ending = try Program(words[0], Array(words.dropFirst())).ending()
        guard ending.status == 0 else {
            throw Program.Failure(description: "\(words.joined(separator: " ")): \(ending.error)")
        }
    }
}
