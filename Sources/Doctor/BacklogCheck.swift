/// Whether the kernel allows the gateway's number of connections in the accept queue (listen(2), somaxconn).
package enum BacklogCheck: KernelCheck {
    package static let subject = "TCP backlog"
    /// The gateway's backlog.
    private static let wanted = 4096

    package static func examine(_ files: KernelFiles, _ demand: Demand) throws(UnclearFile) -> [Finding] {
        let most = try files.setting("net.core.somaxconn")
        let halfOpen = try files.setting("net.ipv4.tcp_max_syn_backlog")
        let overflows = try CounterTable(text: files.text("/proc/net/netstat"), "/proc/net/netstat")
            .number("TcpExt", "ListenOverflows")
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
