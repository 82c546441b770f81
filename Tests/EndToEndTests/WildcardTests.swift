import Testing

/// Servers that listen on all addresses, asked at addresses of many kinds.
@Suite(.enabled(if: PrivateHost.obstacle == nil, Comment(rawValue: PrivateHost.obstacle ?? "")))
struct WildcardTests {
    private static let network = """
        ip link add left type veth peer name right
        ip address add 192.0.2.1/24 dev left
        ip link set left up
        ip link set right up
        ip -6 address add fe80::1/64 dev left nodad
        ip -6 address add 2001:db8::1/64 dev left nodad
        """

    /// Asks each address that it is given, and prints who has answered.
    private static let asker = """
        import socket, sys
        for host in sys.argv[1:]:
            isNew = ":" in host
            sock = socket.socket(socket.AF_INET6 if isNew else socket.AF_INET, socket.SOCK_DGRAM)
            sock.settimeout(20)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            if host.startswith("224."):
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("192.0.2.1"))
            sock.sendto(b"hello", socket.getaddrinfo(host, 12000)[0][4])
            reply, sender = sock.recvfrom(100)
            print(host, reply.decode(), sender[0])
        """

    /// Each address with the one that the reply comes from.
    private static let old = [
        ("127.0.0.3", "127.0.0.3"), ("192.0.2.1", "192.0.2.1"), ("192.0.2.255", "192.0.2.1"),
        ("127.255.255.255", "127.0.0.1"),
    ]
    /// An IPv6 socket hears nothing that is sent to groups of IPv4.
    private static let oldGroup = [("224.0.0.1", "192.0.2.1")]
    private static let new = [("::1", "::1"), ("fe80::1%left", "fe80::1"), ("2001:db8::1", "2001:db8::1")]
    private static let group = "ff02::1%left"

    private static let noise = """
        "$1" server --host 127.0.0.1 --port 12005 2> /dev/null &
        "$1" noise --port 12000 --to 127.0.0.1:12005
        """

    /// Without its interface the address of a link means nothing.
    @Test func `the address of a link is shown with its interface`() throws {
        let script = """
            \(Self.network)
            "$1" server --host :: --verbose 2> /dev/null & server=$!
            until "$1" client 127.0.0.1 ready --timeout 200ms > /dev/null 2>&1; do kill -0 $server; done
            "$1" client fe80::1%left hello --replies 1 --verbose 2>&1
            kill $server; wait $server
            """
        let ending = try PrivateHost.start(script, [Binaries.letterbox]).ending()
        let ends = ending.output.matches(of: #/(\S+) -> (\S+), 5 bytes "(?i:hello)"/#).map { "\($0.1) \($0.2)" }
        #expect(ends.count == 4 && ends.allSatisfy { $0.split(separator: "%left").count == 3 }, "\(ending)")
    }

    /// ipv6(7), IPV6_V6ONLY: an administrator may choose another default.
    @Test func `the address of all is that of IPv4, too, whatever the system's default`() throws {
        let script = """
            echo 1 > /proc/sys/net/ipv6/bindv6only
            "$1" server --host :: 2> /dev/null & server=$!
            "$1" gateway --host :: --port 8080 --upstream "[::ffff:127.0.0.1]:12000" 2> /dev/null & gateway=$!
            for try in $(seq 200); do "$1" client 127.0.0.1 hello 2> /dev/null && break; sleep 0.1; done
            curl -sS --retry 9 --retry-all-errors -d hello http://127.0.0.1:8080/ || true
            kill $server $gateway; wait
            """
        let ending = try PrivateHost.start(script, [Binaries.letterbox]).ending()
        #expect(ending.output == "HELLO\nHELLO", "\(ending)")
    }

    @Test(arguments: ["0.0.0.0", "::"], ["\"$1\" server", noise])
    func `broadcasts and groups are answered from an address of the machine`(host: String, command: String) throws {
        let addresses = Self.old + (host == "::" ? Self.new : Self.oldGroup)
        let asked = addresses.map(\.0) + (host == "::" ? [Self.group] : [])
        let script = """
            \(Self.network)
            \(command) --host \(host) 2> /dev/null &
            until "$1" client 127.0.0.1 ready --timeout 200ms > /dev/null 2>&1; do :; done
            python3 -c "$2" \(asked.joined(separator: " "))
            """
        let ending = try PrivateHost.start(script, [Binaries.letterbox, Self.asker]).ending()
        let lines = ending.output.split(separator: "\n").map(String.init)
        #expect(lines.prefix(addresses.count) == addresses.map { "\($0.0) HELLO \($0.1)" }[...], "\(ending)")
        // Which of the interface's own addresses answers for the group is the kernel's choice.
        if host == "::" { #expect(lines.last?.hasPrefix("\(Self.group) HELLO ") == true, "\(ending)") }
        #expect(ending.status == 0)
    }
}
