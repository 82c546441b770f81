internal import Glibc

/// The number of processors that a program may keep busy: affinity and quotas may leave fewer than the machine has.
public enum ProcessorShare {
    /// The least of the processors that are online, those that the process may run on (sched_setaffinity(2)), and the
    /// quotas of its control group and of those above it (cgroups(7)); at least 1.
    public static func count() -> Int {
        let paths = text("/proc/self/cgroup").map(quotaFiles) ?? []
        return count(
            cores: Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), status: text("/proc/self/status"),
            quotas: paths.compactMap(text))
    }

    /// The number by the files' content; a missing or unreadable file sets no limit.
    static func count(cores: Int, status: String?, quotas: [String]) -> Int {
        let limits = quotas.map(processors(inQuota:)) + [status.flatMap(processors(inStatus:)), cores]
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

    /// The processors that `cpu.max` allows, "QUOTA PERIOD" in microseconds, rounded up; nil for "max".
    ///
    /// A part of a processor counts as one: half of it would be idle otherwise.
    static func processors(inQuota text: String) -> Int? {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let quota = Int(words[0]), let period = Int(words[1]), quota > 0, period > 0 else {
            return nil
        }
        return max(1, quota / period + (quota % period == 0 ? 0 : 1))
    }

    /// The quota files of a process's group and of those above it, from the line "0::/PATH" that version 2 has in
    /// /proc/PID/cgroup.
    static func quotaFiles(inGroups text: String) -> [String] {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("0::/") }) else { return [] }
        var folders = line.dropFirst("0::".count).split(separator: "/")
        var files: [String] = []
        while true {
            files.append((["/sys/fs/cgroup"] + folders.map(String.init) + ["cpu.max"]).joined(separator: "/"))
            guard folders.popLast() != nil else { return files }
        }
    }

    private static func text(_ path: String) -> String? { try? Files.text(of: path) }
}
