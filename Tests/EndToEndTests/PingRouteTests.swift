import Glibc
import Testing

extension NamespaceTests {
    /// The pinger on a host that cannot send for a while.
    @Suite struct PingRouteTests {
        /// A route that leads nowhere says why (ip-route(8)); probes that did not leave are no lost ones.
        @Test(arguments: [("unreachable", "No route to host"), ("prohibit", "Permission denied")])
        func `a probe that cannot leave is told and counted for itself`(kind: String, reason: String) throws {
            let hosts = try Namespaces()
            try hosts.startLetterbox(.one, ["server", "--host", "198.51.100.2"])
            let words = ["ping", "198.51.100.2", "--count", "1000000", "--interval", "20ms"]
            let ping = try hosts.start(.gateway, [Binaries.letterbox] + words)
            try ping.output(containing: " seq=2 time=")
            try hosts.ip(.gateway, "route", "add", kind, "198.51.100.2/32")
            let line = "cannot send: \(reason): seq="
            try ping.output(containing: line)
            try hosts.ip(.gateway, "route", "del", kind, "198.51.100.2/32")
            var seen = try ping.outputLines(atLeast: 0)
            repeat { seen = try ping.outputLines(atLeast: seen.count + 1) } while seen.last?.contains(" time=") != true
            let ending = try ping.ending(after: SIGINT)
            let lines = ending.output.split(separator: "\n")
            let (unsent, replies) = (lines.count { $0.hasPrefix(line) }, lines.count { $0.contains(" time=") })
            let summary = try #require(
                ending.output.firstMatch(of: /\n(\d+) sent, (\d+) received, \S+ loss, (\d+) failed\n/))
            #expect(ending.status == 0 && Int(summary.3) == unsent && Int(summary.2) == replies, "\(ending.output)")
            // At the signal one probe may have been under way.
            #expect((replies...replies + 1).contains(try #require(Int(summary.1))), "\(ending.output)")
        }
    }
}
