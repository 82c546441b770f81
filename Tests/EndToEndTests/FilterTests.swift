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
    }
}
