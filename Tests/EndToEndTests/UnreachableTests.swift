import Testing

/// The client where the network reports errors.
@Suite(.enabled(if: PrivateHost.obstacle == nil, Comment(rawValue: PrivateHost.obstacle ?? "")))
struct UnreachableTests {
    /// A server at an address that answers each datagram with "r1", a report that a host is unreachable (RFC 792), and
    /// "r2"; the report alone comes where there is a second word.
    private static let reporter = """
        import socket, struct, sys
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        group = sys.argv[1]
        if group.startswith("239."):
            server.setsockopt(0, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton("127.0.0.1"))
        server.bind((group, 12000))
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        def checksum(data):
            total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
            while total >> 16: total = (total & 0xFFFF) + (total >> 16)
            return ~total & 0xFFFF
        def report(client):
            udp = struct.pack(">HHHH", client[1], 12000, 13, 0)
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 33, 0, 0, 64, 17, 0,
                socket.inet_aton(client[0]), socket.inet_aton(group))
            message = struct.pack(">BBHI", 3, 1, 0, 0) + ip + udp
            raw.sendto(message[:2] + struct.pack(">H", checksum(message)) + message[4:], (client[0], 0))
        print(flush=True)
        text, client = server.recvfrom(100)
        answer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        if len(sys.argv) < 3: answer.sendto(b"r1", client)
        report(client)
        if len(sys.argv) < 3: answer.sendto(b"r2", client)
        """

    private func run(_ command: String, _ address: String, _ word: String = "") throws -> Program.Ending {
        let script = """
            ip link set lo multicast on; ip route add 239.0.0.0/8 dev lo src 127.0.0.1
            mount -t tmpfs none /mnt; mkfifo /mnt/told
            python3 -c "$2" \(address) \(word) > /mnt/told & read line < /mnt/told
            "$1" \(command)
            """
        return try PrivateHost.start(script, [Binaries.letterbox, Self.reporter]).ending()
    }

    @Test(arguments: ["239.1.2.3", "127.0.0.1"])
    func `a report does not end a collection that has a reply`(address: String) throws {
        let ending = try run("client \(address) hello --replies 2 --timeout 20s", address)
        let replies = ending.output.split(separator: "\n").map { $0.suffix(2) }
        #expect(ending.status == 0 && replies == ["r1", "r2"] && ending.error.isEmpty, "\(ending)")
    }

    @Test func `a report about the server ends the wait for its first reply`() throws {
        let ending = try run("client 127.0.0.1 hello --replies all --timeout 20s", "127.0.0.1", "silent")
        #expect(ending.status == 1)
        #expect(ending.errorLines == ["letterbox: cannot receive 127.0.0.1:12000: No route to host"])
    }
}
