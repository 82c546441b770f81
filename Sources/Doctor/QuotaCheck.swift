/// Whether the control group has as many processors as there are workers (cgroups(7), cpu.max).
///
/// The doctor checks its own group: run it inside the unit or container.
package enum QuotaCheck: KernelCheck {
    package static let subject = "CPU quota"

    package static func examine(_ files: KernelFiles, _ demand: Demand) throws(UnclearFile) -> [Finding] {
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

    /// The least quota of the process's groups, which contain each other; nil where none has one.
    private static func leastQuota(_ files: KernelFiles) throws(UnclearFile) -> Double? {
        var quotas: [Double] = []
        for line in try files.text("/proc/self/cgroup").split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3 else {
                throw UnclearFile("/proc/self/cgroup", is: "has \"\(excerpt(String(line)))\", and no group")
            }
            for path in folders(parts[2]) {
                let quota =
                    parts[1].isEmpty
                    ? try second(files, "/sys/fs/cgroup\(path)cpu.max")
                    : parts[1].split(separator: ",").contains("cpu")
                        ? try first(files, "/sys/fs/cgroup/cpu\(path)cpu.cfs_") : nil
                if let quota { quotas.append(quota) }
            }
        }
        return quotas.min()
    }

    /// "/a/b" lies in "/", "/a/" and "/a/b/".
    private static func folders(_ path: String) -> [String] {
        path.split(separator: "/").reduce(into: ["/"]) { $0.append("\($0[$0.count - 1])\($1)/") }
    }

    /// Version 2: "200000 100000", or "max 100000".
    private static func second(_ files: KernelFiles, _ path: String) throws(UnclearFile) -> Double? {
        guard let text = files.optionalText(path), !text.hasPrefix("max") else { return nil }
        let numbers = try files.numbers(path, count: 2)
        return try share(numbers[0], of: numbers[1], path)
    }

    /// Version 1: two files, of which the first has -1 where there is no quota.
    private static func first(_ files: KernelFiles, _ path: String) throws(UnclearFile) -> Double? {
        guard files.optionalText(path + "quota_us") != nil else { return nil }
        let quota = try files.number(path + "quota_us")
        return quota < 0 ? nil : try share(quota, of: try files.number(path + "period_us"), path + "period_us")
    }

    private static func share(_ quota: Int, of period: Int, _ path: String) throws(UnclearFile) -> Double {
        guard quota >= 0, period > 0 else { throw UnclearFile(path, is: "has a period of \(period), and no time") }
        return Double(quota) / Double(period)
    }
}
