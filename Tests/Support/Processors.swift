import Foundation

/// The processors of the machine.
package enum Processors {
    /// Those that this process may run on, by their numbers: taskset(1) or a container may have left fewer than there are
    /// (proc_pid_status(5), Cpus_allowed_list).
    package static let allowed: [Int] = {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else {
            preconditionFailure("/proc is not mounted")
        }
        let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
        let ranges = line?.split(separator: "\t").last?.split(separator: ",") ?? []
        return ranges.flatMap { range in
            let ends = range.split(separator: "-").compactMap { Int($0) }
            return Array(ends[0]...ends[ends.count - 1])
        }
    }()
}
