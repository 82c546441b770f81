/// One thing that the kernel's files tell of.
package protocol KernelCheck {
    /// What its findings are about.
    static var subject: String { get }
    static func examine(_ files: KernelFiles, _ demand: Demand) throws(UnclearFile) -> [Finding]
}

extension KernelCheck {
    /// What the check finds; a file that is not there, or says something else, is a finding, too.
    package static func findings(_ files: KernelFiles, _ demand: Demand = Demand()) -> [Finding] {
        do { return try examine(files, demand) } catch {
            return [.look(subject, "unknown: \(error)", remedy: "mount | grep -E '^(proc|sysfs|cgroup)'")]
        }
    }
}

/// All of them, in the order of the report.
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
