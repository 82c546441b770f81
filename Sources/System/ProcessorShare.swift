internal import Glibc

/// The number of processors that a program may keep busy: affinity and quotas may leave fewer than the machine has.
public enum ProcessorShare {
    /// The least of the processors that are online, those that the process may run on (sched_setaffinity(2)), and the
    /// quotas of its control group and of those above it (cgroups(7)); at least 1.
    public static func count() -> Int {
        count(
            cores: Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), status: text("/proc/self/status"),
            quotas: ProcessorQuota.all(text).compactMap { try? $0.get() })
    }

    /// The number by the files' content; a missing or unclear file sets no limit.
    ///
    /// A part of a processor counts as one: half of it would be idle otherwise.
    static func count(cores: Int, status: String?, quotas: [Double]) -> Int {
        let limits = quotas.map { Int($0.rounded(.up)) } + [status.flatMap(processors(inStatus:)), cores]
        return max(1, limits.compactMap { $0 }.min() ?? 1)
    }

    /// The processors of the line `Cpus_allowed_list:` of a process's status, such as "0-3,7" (proc_pid_status(5)).
    static func processors(inStatus text: String) -> Int? {
        let name = "Cpus_allowed_list:"
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
        var count = 0
        for range in line.dropFirst(name.count).split(separator: ",") {
            let ends = range.split(separator: "-", omittingEmptySubsequences: false).map {
                Int($0.filter { !$0.isWhitespace })
            }
            guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, first >= 0, first <= last
            else {
                return nil
            }
            count += last - first + 1
        }
        return count > 0 ? count : nil
    }

    private static func text(_ path: String) -> String? { try? Files.text(of: path) }
}
