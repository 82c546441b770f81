package import System

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

/// The resources that the flags ask for.
package struct Demand: Sendable {
    /// The most connections and UDP sockets at a time.
    package var connections = 10_000
    package var sockets = 16_384
    /// The sockets of each service before one is used again within its quarantine.
    package var minSockets = 1024
    package var services = 1
    package var workers = 1
    /// The longest payload of a datagram.
    package var maxDatagram = DatagramSocket.maximumPayload
    /// The longest wait for a reply.
    package var timeout = Interval.seconds(2)

    package init() {}
}
