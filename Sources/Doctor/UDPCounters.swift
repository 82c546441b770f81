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
        var findings = [try UDPCounters(ofIPv4: files).finding(subject, "IPv4", longerQueues: remedy)]
        // Without IPv6 there is no such file.
        if let counters = try UDPCounters(ofIPv6: files) {
            findings.append(counters.finding(subject, "IPv6", longerQueues: remedy))
        }
        return findings
    }
}

/// The counters of one version of IP.
private struct UDPCounters {
    let received, sent, unwanted, failed, queueFull, notSent: Int

    init(ofIPv4 files: KernelFiles) throws(UnclearFile) {
        let path = "/proc/net/snmp"
        let table = CounterTable(text: try files.text(path), path)
        try self.init { (name) throws(UnclearFile) in try table.number("Udp", name) }
    }

    /// The file of IPv6 has a name and a number in each line; nil where there is no such file.
    init?(ofIPv6 files: KernelFiles) throws(UnclearFile) {
        let path = "/proc/net/snmp6"
        guard let text = files.optionalText(path) else { return nil }
        let lines = text.split(separator: "\n").map { $0.split(whereSeparator: \.isWhitespace) }
        try self.init { (name) throws(UnclearFile) in
            guard let line = lines.first(where: { $0.count == 2 && $0[0] == "Udp6\(name)" }),
                let number = kernelNumber(line[1])
            else { throw UnclearFile(path, is: "has no number Udp6\(name)") }
            return number
        }
    }

    private init(_ number: (String) throws(UnclearFile) -> Int) throws(UnclearFile) {
        received = try number("InDatagrams")
        sent = try number("OutDatagrams")
        unwanted = try number("NoPorts")
        failed = try number("InErrors")
        queueFull = try number("RcvbufErrors")
        notSent = try number("SndbufErrors")
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
