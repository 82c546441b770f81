internal import System

/// Whether the connection tracking table has room for the gateway's entries (conntrack(8)), where a filter or NAT uses
/// one.
package enum TrackingCheck: KernelCheck {
    package static let subject = "conntrack"
    private static let folder = "net.netfilter.nf_conntrack_"

    package static func examine(_ files: KernelFiles, _ demand: Demand) throws(UnclearFile) -> [Finding] {
        guard files.optionalText(KernelFiles.path(ofSetting: folder + "max")) != nil else {
            return [.ok(subject, "not in use")]
        }
        let most = try files.setting(folder + "max")
        let count = try files.setting(folder + "count")
        let timeout = try files.setting(folder + "udp_timeout")
        let stream = try files.setting(folder + "udp_timeout_stream")
        let wanted = demand.connections + demand.sockets
        let text =
            "\(count) of \(most) entries, \(wanted) wanted; those of UDP stay \(timeout) s, with replies \(stream) s"
        let remedy = "sysctl -w \(folder)max=\(max(2 * most, 2 * (count + wanted)))"
        if count * 10 >= most * 9 { return [.bad(subject, "\(text): the next are dropped", remedy: remedy)] }
        if count + wanted > most { return [.warning(subject, "\(text): too few at the limits", remedy: remedy)] }
        let needed = Int(demand.timeout.seconds.rounded(.up))
        if timeout < needed {
            return [
                .warning(
                    subject, "\(text): a reply that takes \(needed) s is dropped",
                    remedy: "sysctl -w \(folder)udp_timeout=\(needed + 1)")
            ]
        }
        return [.ok(subject, text)]
    }
}
