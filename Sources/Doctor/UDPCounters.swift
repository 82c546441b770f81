internal import System

extension KernelCheck {
    /// Whether the kernel has dropped datagrams since the machine's start; the counters include other programs.
    package static let counters = KernelCheck("UDP counters") { subject, files, demand throws(UnclearFile) in
        // A container's network may lack these settings of the host, and has counters of its own.
        let usual = try? files.setting("net.core.rmem_default")
        let buffer = 2 * (usual ?? 212_992)
        let most = max(buffer, (try? files.setting("net.core.rmem_max")) ?? 0)
        let place = usual == nil ? "   # on the host" : ""
        let remedy = "sysctl -w net.core.rmem_max=\(most) net.core.rmem_default=\(buffer)\(place)"
        let four = try UDPCounters(files, "/proc/net/snmp", "Udp").finding(subject, "IPv4", longerQueues: remedy)
        // Without IPv6 there is no such file.
        let path = "/proc/net/snmp6"
        guard files.optionalText(path) != nil else { return [four] }
        return [four, try UDPCounters(files, path, "Udp6").finding(subject, "IPv6", longerQueues: remedy)]
    }
}

/// The counters of one version of IP.
private struct UDPCounters {
    let received, sent, unwanted, failed, queueFull, notSent: Int

    init(_ files: KernelFiles, _ path: String, _ protocolName: String) throws(UnclearFile) {
        let table = try CounterTable(files, path)
        received = try table.number(protocolName, "InDatagrams")
        sent = try table.number(protocolName, "OutDatagrams")
        unwanted = try table.number(protocolName, "NoPorts")
        failed = try table.number(protocolName, "InErrors")
        queueFull = try table.number(protocolName, "RcvbufErrors")
        notSent = try table.number(protocolName, "SndbufErrors")
    }

    func finding(_ subject: String, _ version: String, longerQueues: String) -> Finding {
        let lost = failed + notSent
        let text =
            """
            \(version): of \(received) received \(failed) thrown away (\(queueFull) for a full queue), of \(sent) sent \
            \(notSent), \(unwanted) to closed ports
            """
        if lost == 0 { return .ok(subject, text) }
        let remedy = queueFull > 0 ? longerQueues : "nstat -z 'Udp*'   # twice: does it still happen?"
        let share = Double(lost) / Double(max(1, received + sent))
        return share > 0.01 ? .bad(subject, text, remedy: remedy) : .warning(subject, text, remedy: remedy)
    }
}
