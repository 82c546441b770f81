/// Whether the kernel has dropped datagrams since the machine's start; the counters include other programs.
package enum CounterCheck: KernelCheck {
    package static let subject = "UDP counters"

    /// The counters of one version of IP.
    private struct Counters {
        var received, sent, unwanted, failed, queueFull, notSent: Int
    }

    package static func examine(_ files: KernelFiles, _ demand: Demand) throws(UnclearFile) -> [Finding] {
        let buffer = 2 * (try files.setting("net.core.rmem_default"))
        let most = max(buffer, try files.setting("net.core.rmem_max"))
        let remedy = "sysctl -w net.core.rmem_max=\(most) net.core.rmem_default=\(buffer)"
        var findings = [finding("IPv4", try counters(files), longerQueues: remedy)]
        // Without IPv6 there is no such file.
        if let counters = try counters6(files) { findings.append(finding("IPv6", counters, longerQueues: remedy)) }
        return findings
    }

    private static func finding(_ version: String, _ counters: Counters, longerQueues: String) -> Finding {
        let lost = counters.failed + counters.notSent
        let text =
            """
            \(version): of \(counters.received) received \(counters.failed) thrown away (\(counters.queueFull) for a full \
            queue), of \(counters.sent) sent \(counters.notSent), \(counters.unwanted) to closed ports
            """
        if lost == 0 { return .ok(subject, text) }
        let remedy = counters.queueFull > 0 ? longerQueues : "nstat -z 'Udp*'   # twice: does it still happen?"
        let share = Double(lost) / Double(max(1, counters.received + counters.sent))
        return share > 0.01 ? .bad(subject, text, remedy: remedy) : .warning(subject, text, remedy: remedy)
    }

    private static func counters(_ files: KernelFiles) throws(UnclearFile) -> Counters {
        let path = "/proc/net/snmp"
        let table = CounterTable(text: try files.text(path), path)
        return Counters(
            received: try table.number("Udp", "InDatagrams"), sent: try table.number("Udp", "OutDatagrams"),
            unwanted: try table.number("Udp", "NoPorts"), failed: try table.number("Udp", "InErrors"),
            queueFull: try table.number("Udp", "RcvbufErrors"), notSent: try table.number("Udp", "SndbufErrors"))
    }

    /// The file of IPv6 has a name and a number in each line.
    private static func counters6(_ files: KernelFiles) throws(UnclearFile) -> Counters? {
        let path = "/proc/net/snmp6"
        guard let text = files.optionalText(path) else { return nil }
        let lines = text.split(separator: "\n").map { $0.split(whereSeparator: \.isWhitespace) }
        func number(_ name: String) throws(UnclearFile) -> Int {
            guard let line = lines.first(where: { $0.count == 2 && $0[0] == "Udp6\(name)" }),
                let number = kernelNumber(line[1])
            else { throw UnclearFile(path, is: "has no number Udp6\(name)") }
            return number
        }
        return Counters(
            received: try number("InDatagrams"), sent: try number("OutDatagrams"), unwanted: try number("NoPorts"),
            failed: try number("InErrors"), queueFull: try number("RcvbufErrors"), notSent: try number("SndbufErrors"))
    }
}
