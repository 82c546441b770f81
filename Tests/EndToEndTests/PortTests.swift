import Testing

/// The kernel's choice of ports for new sockets, where it has few to choose from.
@Suite(.enabled(if: PrivateHost.obstacle == nil, Comment(rawValue: PrivateHost.obstacle ?? "")))
struct PortTests {
    /// Whose port is the one that it sends to gets back what it sent.
    @Test func `no socket is its own peer`() throws {
        let script = """
            echo 40000 40001 > /proc/sys/net/ipv4/ip_local_port_range
            for number in 1 2 3 4 5 6 7 8 9 10 11 12; do
                if "$1" client --port 40000 127.0.0.1 hello; then exit 9; fi
            done
            """
        let ending = try PrivateHost.start(script, [Binaries.letterbox]).ending()
        #expect(ending.status == 0 && ending.output.isEmpty, "\(ending)")
        #expect(ending.errorLines.count == 12 && ending.errorLines.allSatisfy { $0.contains("no server listens") })
    }

    /// A socket has its port before it has its peer; a datagram that comes to the port in between is not a reply.
    @Test func `what strangers send to a port just chosen is no reply`() throws {
        let script = """
            echo 40000 40003 > /proc/sys/net/ipv4/ip_local_port_range
            "$1" server --host 127.0.0.1 --port 12000 2>&1 &
            until "$1" client --port 12000 127.0.0.1 ready 2> /dev/null; do :; done
            python3 -c "$2" & stranger=$!
            yes hello | head -n 20000 | "$1" client --port 12000 --attempts 5 --timeout 30s
            kill $stranger; wait $stranger || test $? = 143
            """
        let stranger = """
            import socket
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind(("127.0.0.9", 39999))
            while True:
                for port in range(40000, 40004):
                    try: sock.sendto(b"foreign", ("127.0.0.1", port))
                    except OSError: pass
            """
        let ending = try PrivateHost.start(script, [Binaries.letterbox, stranger]).ending()
        #expect(ending.status == 0, "\(ending.error)")
        let lines = ending.output.split(separator: "\n")
        #expect(lines.count { $0 == "HELLO" } == 20_000 && !lines.contains("foreign"), "\(lines.count) lines")
    }
}
