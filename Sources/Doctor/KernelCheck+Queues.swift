internal import System

/// The queues of sockets.
extension KernelCheck {
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
