/// Whether this host reports closed ports and too long datagrams to others (icmp(7)).
///
/// The gateway's view of its services' hosts depends on the same settings there: run the doctor on them, too.
package enum ICMPCheck: KernelCheck {
    package static let subject = "ICMP rates"
    /// The kernel's own defaults.
    private static let usualRate = 1000
    private static let usualPause = 1000

    package static func examine(_ files: KernelFiles, _ demand: Demand) throws(UnclearFile) -> [Finding] {
        let rate = try files.setting("net.ipv4.icmp_msgs_per_sec")
        let pause = try files.setting("net.ipv4.icmp_ratelimit")
        let toOne = pause > 0 ? "one in \(pause) ms to each host" : "any number to each host"
        let text = "this host reports closed ports \(rate) times a second, \(toOne)"
        let remedy =
            "sysctl -w net.ipv4.icmp_msgs_per_sec=\(max(rate, usualRate)) net.ipv4.icmp_ratelimit=\(min(pause, usualPause))"
        if rate <= 0 {
            return [.bad(subject, "\(text): a service that has ended keeps callers waiting", remedy: remedy)]
        }
        if rate < usualRate || pause > usualPause {
            return [.warning(subject, "\(text): fewer than usual", remedy: remedy)]
        }
        return [.ok(subject, text)]
    }
}
