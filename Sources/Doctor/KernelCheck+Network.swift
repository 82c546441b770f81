internal import System

/// The kernel's treatment of packets, and its queues for them.
extension KernelCheck {
    /// Whether the connection tracking table has room for the gateway's entries (conntrack(8)), where a filter or NAT uses
    /// one.
    package static let tracking = KernelCheck("conntrack") { subject, files, demand throws(UnclearFile) in
        let folder = "net.netfilter.nf_conntrack_"
        guard files.optionalText(KernelFiles.path(ofSetting: folder + "max")) != nil else {
            return [.ok(subject, "not in use")]
        }
        let most = try files.setting(folder + "max")
        let count = try files.setting(folder + "count")
        let timeout = try files.setting(folder + "udp_timeout")
        let stream = try files.setting(folder + "udp_timeout_stream")
        let wanted = demand.connections + demand.sockets
        let entries = most > 0 ? "\(count) of \(most) entries, \(wanted) wanted" : "\(count) entries, without a limit"
        let text = "\(entries); those of UDP stay \(timeout) s, with replies \(stream) s"
        let remedy = "sysctl -w \(folder)max=\(max(2 * most, 2 * (count + wanted)))"
        if most > 0, count * 10 >= most * 9 { return [.bad(subject, "\(text): the next are dropped", remedy: remedy)] }
        if most > 0, count + wanted > most {
            return [.warning(subject, "\(text): too few at the limits", remedy: remedy)]
        }
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

    /// Whether this host reports closed ports and too long datagrams to others (icmp(7)).
    ///
    /// The gateway's view of its services' hosts depends on the same settings there: run the doctor on them, too.
    package static let reports = KernelCheck("ICMP rates") { subject, files, demand throws(UnclearFile) in
        // The kernel's own defaults.
        let (usualRate, usualPause) = (1000, 1000)
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

    /// Whether a socket's receive queue has room for replies of the permitted length (socket(7), rmem_default).
    ///
    /// The sockets of exchanges have the default; the embedded server asks for 4 MiB, which the kernel caps at rmem_max.
    package static let buffers = KernelCheck("receive buffers") { subject, files, demand throws(UnclearFile) in
        let usual = try files.setting("net.core.rmem_default")
        let most = try files.setting("net.core.rmem_max")
        let text = "\(usual) bytes by default, up to \(most), for datagrams of up to \(demand.maxDatagram)"
        // The kernel counts its own memory besides the payload.
        let wanted = 2 * demand.maxDatagram
        if usual >= wanted { return [.ok(subject, text)] }
        let good = max(212_992, wanted)
        let remedy = "sysctl -w net.core.rmem_max=\(max(most, good)) net.core.rmem_default=\(good)"
        return usual < demand.maxDatagram
            ? [.bad(subject, "\(text): one datagram too many, and the reply behind it is lost", remedy: remedy)]
            : [.warning(subject, "\(text): two that come together may not fit", remedy: remedy)]
    }

    /// Whether the kernel allows the gateway's number of connections in the accept queue (listen(2), somaxconn).
    package static let backlog = KernelCheck("TCP backlog") { subject, files, demand throws(UnclearFile) in
        // The gateway's own backlog.
        let wanted = 4096
        let most = try files.setting("net.core.somaxconn")
        let halfOpen = try files.setting("net.ipv4.tcp_max_syn_backlog")
        let overflows = try CounterTable(files, "/proc/net/netstat").number("TcpExt", "ListenOverflows")
        let text = "\(most) connections may wait, and \(halfOpen) that are half open"
        let remedy = "sysctl -w net.core.somaxconn=\(wanted) net.ipv4.tcp_max_syn_backlog=\(max(halfOpen, 1024))"
        if most < 128 { return [.bad(subject, "\(text): a burst of callers is turned away", remedy: remedy)] }
        if most < wanted || halfOpen < 128 {
            return [.warning(subject, "\(text), of \(wanted) that are wanted", remedy: remedy)]
        }
        if overflows > 0 {
            return [
                .warning(
                    subject, "\(text); since the machine's start \(overflows) found a queue full, of whichever program",
                    remedy: "nstat -z TcpExtListenOverflows   # twice: does it still happen?")
            ]
        }
        return [.ok(subject, text)]
    }
}
