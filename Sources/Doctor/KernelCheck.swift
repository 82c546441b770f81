/// A check of the kernel's files.
package protocol KernelCheck {
    static var subject: String { get }
    static func examine(_ files: KernelFiles, _ demand: Demand) throws(UnclearFile) -> [Finding]
}

extension KernelCheck {
    /// The check's findings; a missing or unexpected file is a finding, too.
    package static func findings(_ files: KernelFiles, _ demand: Demand = Demand()) -> [Finding] {
        do { return try examine(files, demand) } catch {
            return [.warning(subject, "unknown: \(error)", remedy: "mount | grep -E '^(proc|sysfs|cgroup)'")]
        }
    }
}

/// All checks, in the order of the report.
package enum KernelChecks {
    private static var all: [any KernelCheck.Type] {
        [
            DescriptorCheck.self, PortCheck.self, BufferCheck.self, BacklogCheck.self, QuotaCheck.self,
            TrackingCheck.self, ICMPCheck.self, CounterCheck.self,
        ]
    }

    package static func findings(_ files: KernelFiles, _ demand: Demand) -> [Finding] {
        all.flatMap { $0.findings(files, demand) }
    }
}
