internal import System

/// The limits of the process and of its sockets' ports.
extension KernelCheck {
    /// Whether the limit of descriptors leaves as many connections and UDP sockets as the flags allow (getrlimit(2)).
    package static let descriptors = KernelCheck("descriptors") { subject, files, demand throws(UnclearFile) in
        let limit = try hardLimit(files)
        let wanted = demand.connections + demand.sockets + demand.otherDescriptors
        let text = "\(limit) allowed, \(wanted) wanted for --max-connections and --max-sockets"
        if limit >= wanted { return [.ok(subject, text)] }
        let remedy = "ulimit -Hn \(wanted) && ulimit -n \(wanted)   # of a unit: LimitNOFILE=\(wanted)"
        return limit < wanted / 10
            ? [.bad(subject, "\(text): the rest is shared, and soon used up", remedy: remedy)]
            : [.warning(subject, "\(text): the rest is shared", remedy: remedy)]
    }

    /// The hard limit, to which the gateway raises its own.
    private static func hardLimit(_ files: KernelFiles) throws(UnclearFile) -> Int {
        let (path, name) = ("/proc/self/limits", "Max open files")
        let line = try files.text(path).split(separator: "\n").first { $0.hasPrefix(name) }
        let words = line?.dropFirst(name.count).split(separator: " ") ?? []
        guard words.count >= 2 else { throw UnclearFile(path, is: "has no line \"\(name)\"") }
        if words[1] == "unlimited" { return .max }
        guard let limit = Int(words[1]) else {
            throw UnclearFile(path, is: "has \"\(words[1].excerpt)\" as the limit of open files")
        }
        return limit
    }

    /// Whether there are as many local ports as sockets may be open (ip(7), ip_local_port_range).
    package static let ports = KernelCheck("local ports") { subject, files, demand throws(UnclearFile) in
        let path = KernelFiles.path(ofSetting: portRange)
        let bounds = try files.numbers(path, count: 2)
        guard (0...65_535).contains(bounds[0]), (bounds[0]...65_535).contains(bounds[1]) else {
            throw UnclearFile(path, is: "has \"\(bounds[0]) \(bounds[1])\", and no range of ports")
        }
        let kept = try reservedPorts(files)
        let count = free(bounds[0]...bounds[1], without: kept)
        let text = "\(count) from \(bounds[0]) to \(bounds[1]), \(demand.sockets) wanted for --max-sockets"
        if count >= demand.sockets { return [.ok(subject, text)] }
        let remedy = fix(for: demand.sockets, without: kept)
        return count < min(demand.minSockets, demand.sockets)
            ? [.bad(subject, "\(text): ports are used again while late replies may still come", remedy: remedy)]
            : [.warning(subject, "\(text): beyond them requests wait for a port", remedy: remedy)]
    }

    private static let portRange = "net.ipv4.ip_local_port_range"

    /// The fix: a wider range; where none is wide enough, fewer sockets.
    private static func fix(for sockets: Int, without kept: [ClosedRange<Int>]) -> String {
        for low in [16_384, 10_240, 1024] where free(low...65_535, without: kept) >= sockets {
            return "sysctl -w \(portRange)=\"\(low) 65535\""
        }
        let most = free(1024...65_535, without: kept)
        return "sysctl -w \(portRange)=\"1024 65535\"   # and --max-sockets \(max(1, most))"
    }

    /// Ports that the kernel gives only to programs that name them: "8080,9000-9010".
    private static func reservedPorts(_ files: KernelFiles) throws(UnclearFile) -> [ClosedRange<Int>] {
        let path = KernelFiles.path(ofSetting: "net.ipv4.ip_local_reserved_ports")
        var ranges: [ClosedRange<Int>] = []
        for part in try files.text(path).split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            let bounds = part.split(separator: "-", omittingEmptySubsequences: false).map { kernelNumber($0) ?? -1 }
            guard let low = bounds.first, let high = bounds.last, bounds.count <= 2, low >= 0, low <= high else {
                throw UnclearFile(path, is: "has \"\(part.excerpt)\", and no list of ports")
            }
            ranges.append(low...high)
        }
        return ranges
    }

    /// The number of a range's ports outside the others, which the kernel lists in order and apart.
    private static func free(_ range: ClosedRange<Int>, without kept: [ClosedRange<Int>]) -> Int {
        max(0, kept.filter { $0.overlaps(range) }.reduce(range.count) { $0 - $1.clamped(to: range).count })
    }

    /// Whether the control group has as many processors as there are workers (cgroups(7), cpu.max).
    ///
    /// The doctor checks its own group: run it inside the unit or container.
    package static let quota = KernelCheck("CPU quota") { subject, files, demand throws(UnclearFile) in
        let workers = demand.workers == 1 ? "1 worker" : "\(demand.workers) workers"
        guard let quota = try leastQuota(files) else { return [.ok(subject, "none, for \(workers)")] }
        let text = "\((quota * 100).rounded() / 100) processors for \(workers)"
        if Double(demand.workers) <= quota.rounded(.up) { return [.ok(subject, text)] }
        let remedy =
            "systemctl set-property letterbox CPUQuota=\(demand.workers * 100)%   # or --workers \(Int(max(1, quota)))"
        return quota * 4 <= Double(demand.workers)
            ? [.bad(subject, "\(text): they stand still for most of the time", remedy: remedy)]
            : [.warning(subject, "\(text): they stand still together when it is used up", remedy: remedy)]
    }

    /// The least quota of the process's groups; nil where none has one.
    private static func leastQuota(_ files: KernelFiles) throws(UnclearFile) -> Double? {
        var least: Double?
        for quota in ProcessorQuota.all(files.optionalText) { least = try min(least ?? .infinity, quota.get()) }
        return least
    }
}
