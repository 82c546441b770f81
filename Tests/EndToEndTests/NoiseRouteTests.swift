import Glibc
import Testing

extension NamespaceTests {
    /// The noise on a host that cannot send for a while.
    @Suite struct NoiseRouteTests {
        /// A route forbids the way (ip-route(8)): the kernel refuses a known client's datagrams, and another client a socket.
        @Test func `a datagram that the kernel refuses is not told as passed on`() throws {
            let hosts = try Namespaces()
            try hosts.startLetterbox(.one, ["server", "--host", "198.51.100.2"])
            let noise = try hosts.startLetterbox(
                .gateway, ["noise", "--port", "12001", "--to", "198.51.100.2:12000", "--verbose"])
            let (host, port) = ("127.0.0.1", ["--port", "12001"])
            let ping = try hosts.start(
                .gateway, [Binaries.letterbox, "ping", host, "--count", "1000000", "--interval", "20ms"] + port)
            try ping.output(containing: " seq=2 time=")
            try hosts.ip(.gateway, "route", "add", "prohibit", "198.51.100.2/32")
            let unsent = " bytes: not sent: cannot send: Permission denied"
            try noise.output(containing: "\(unsent)\n")
            _ = try ping.ending(after: SIGINT)
            let words = ["client", host, "hello", "--attempts", "1", "--timeout", "100ms"]
            #expect(try hosts.start(.gateway, [Binaries.letterbox] + words + port).ending().status == 1)
            let reason = "cannot connect 198.51.100.2:12000: Permission denied"
            try noise.output(containing: " to server, 5 bytes: rejected: \(reason)\n")
            let ending = try noise.ending(after: SIGINT)
            let failed = try #require(ending.output.firstMatch(of: /\nfailed +(\d+) +0(\n|$)/))
            let lines = ending.output.split(separator: "\n")
            #expect(Int(failed.1) == lines.count { $0.hasSuffix(unsent) }, "\(ending.output)")
        }
    }
}
