import Glibc
import Testing

extension NamespaceTests {
    /// A server on a host whose own filter rejects its replies.
    @Suite(.enabled(if: Binaries.has("ip6tables"), "ip6tables is not installed")) struct FilterTests {
        /// The filter reports each rejection, as a network reports an earlier reply (iptables-extensions(8), REJECT).
        @Test func `a rejected reply is told, and does not keep the server from its end`() throws {
            let hosts = try Namespaces()
            let server = try hosts.startLetterbox(.one, ["server", "--host", "::1"])
            try hosts.shell(.one, "ip6tables -A OUTPUT -p udp --sport 12000 -j REJECT")
            let client = try hosts.start(.one, [Binaries.letterbox, "client", "::1", "hello"]).ending()
            #expect(client.status == 1, "\(client)")
            _ = try server.errorLine(containing: "cannot send [::1]:")
            let ending = try server.ending(after: SIGTERM)
            #expect(ending.status == 0, "\(ending)")
        }

        /// The server receives both requests at once, and the filter drops the longer reply.
        @Test(.enabled(if: Binaries.has("python3"), "python3 is not installed"))
        func `each reply to one client has a line of its own`() throws {
            let hosts = try Namespaces()
            let server = try hosts.startLetterbox(.one, ["server", "--host", "::1", "--verbose"])
            // The length of the packet, with 48 bytes of headers.
            try hosts.shell(.one, "ip6tables -A OUTPUT -p udp --sport 12000 -m length --length 54 -j DROP")
            let script = """
                import socket
                client = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
                client.connect(("::1", 12000))
                for text in [b"short", b"longer"]: client.send(text)
                """
            try server.suspend()
            #expect(try hosts.start(.one, ["python3", "-c", script]).ending().status == 0)
            server.signal(SIGCONT)
            let lines = try server.output(containing: "\"LONGER\": ").split(separator: "\n")
            #expect(lines.contains { $0.hasSuffix(", 5 bytes \"SHORT\": sent") }, "\(lines)")
            #expect(lines.contains { $0.contains(", 6 bytes \"LONGER\": not sent: cannot send [::1]:") }, "\(lines)")
        }
    }
}
