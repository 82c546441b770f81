package import System

/// A check of the kernel's files.
package struct KernelCheck: Sendable {
    package typealias Examination =
        @Sendable (
            _ subject: String, _ files: KernelFiles, _ demand: Demand
        ) throws(UnclearFile) -> [Finding]

    private let subject: String
    private let examine: Examination

    init(_ subject: String, _ examine: @escaping Examination) {
        (self.subject, self.examine) = (subject, examine)
    }

    /// The check's findings; a missing or unexpected file is a finding, too.
    package func findings(_ files: KernelFiles, _ demand: Demand = Demand()) -> [Finding] {
        do { return try examine(subject, files, demand) } catch {
            return [.warning(subject, "unknown: \(error)", remedy: remedy(for: error, files))]
        }
    }

    /// The command that shows more about a missing or unexpected file.
    private func remedy(for error: UnclearFile, _ files: KernelFiles) -> String {
        guard let name = KernelFiles.setting(atPath: error.path), name.hasPrefix("net."),
            files.optionalText(error.path) == nil
        else { return "mount | grep -E '^(proc|sysfs|cgroup)'" }
        return "sysctl \(name)   # on the host: a container may not have it"
    }

    /// The findings of all checks, in the order of the report.
    package static func allFindings(_ files: KernelFiles, _ demand: Demand) -> [Finding] {
        [descriptors, ports, buffers, backlog, quota, tracking, reports, counters].flatMap {
            $0.findings(files, demand)
        }
    }
}

/// The resources that the flags ask for.
package struct Demand: Sendable {
    /// The most connections and UDP sockets at a time.
    package var connections = 10_000
    package var sockets = 16_384
    /// The other descriptors of the gateway.
    package var otherDescriptors = 36
    /// The sockets before one is used again within its quarantine.
    package var minSockets = 1024
    package var workers = 1
    /// The longest payload of a datagram.
    package var maxDatagram = DatagramSocket.maximumPayload
    /// The longest wait for a reply.
    package var timeout = Interval.seconds(2)

    package init() {}
}
