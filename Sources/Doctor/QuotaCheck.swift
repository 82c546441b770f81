internal import System

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

    /// The least quota of the process's groups; nil where none has one.
    private static func leastQuota(_ files: KernelFiles) throws(UnclearFile) -> Double? {
        var least: Double?
        for quota in ProcessorQuota.all(files.optionalText) {
            do throws(ProcessorQuota.UnclearFile) { least = try min(least ?? .infinity, quota.get()) } catch {
                throw UnclearFile(error.path, is: error.fault)
            }
        }
        return least
    }
}
