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

/// The CPU time that a process's control groups leave to it (cgroups(7), cpu.max): groups contain each other, and each
/// quota holds.
public enum ProcessorQuota {
    /// The file that names a process's groups.
    public static let groups = "/proc/self/cgroup"

    /// Each quota in processors, of version 2 and of version 1, or the file that should have it.
    ///
    /// - `read`: the text of a file; nil where it is missing.
    public static func all(_ read: (String) -> String?) -> [Result<Double, UnclearFile>] {
        guard let text = read(groups) else { return [.failure(UnclearFile(groups, is: "cannot be read"))] }
        return text.split(separator: "\n").flatMap { line -> [Result<Double, UnclearFile>] in
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return [.failure(unclear(groups, line, "no group"))] }
            return folders(parts[2]).compactMap { folder -> Result<Double, UnclearFile>? in
                if parts[1].isEmpty { return quota("/sys/fs/cgroup\(folder)cpu.max", read) }
                return parts[1].split(separator: ",").contains("cpu")
                    ? formerQuota("/sys/fs/cgroup/cpu\(folder)cpu.cfs_", read) : nil
            }
        }
    }

    /// "/a/b" lies in "/", "/a/" and "/a/b/".
    private static func folders(_ path: Substring) -> [String] {
        path.split(separator: "/").reduce(into: ["/"]) { $0.append("\($0[$0.count - 1])\($1)/") }
    }

    /// Version 2: "200000 100000", or "max 100000".
    private static func quota(_ path: String, _ read: (String) -> String?) -> Result<Double, UnclearFile>? {
        guard let text = read(path), !text.hasPrefix("max") else { return nil }
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let quota = Int(words[0]), let period = Int(words[1]) else {
            return .failure(unclear(path, text[...], "no 2 numbers"))
        }
        return share(quota, of: period, path)
    }

    /// Version 1: two files, of which the first has -1 where there is no quota.
    private static func formerQuota(_ path: String, _ read: (String) -> String?) -> Result<Double, UnclearFile>? {
        guard let text = read(path + "quota_us") else { return nil }
        guard let quota = number(text) else { return .failure(unclear(path + "quota_us", text[...], "no number")) }
        if quota < 0 { return nil }
        let period = path + "period_us"
        guard let time = read(period) else { return .failure(UnclearFile(period, is: "cannot be read")) }
        guard let length = number(time) else { return .failure(unclear(period, time[...], "no number")) }
        return share(quota, of: length, period)
    }

    private static func number(_ text: String) -> Int? {
        let words = text.split(whereSeparator: \.isWhitespace)
        return words.count == 1 ? Int(words[0]) : nil
    }

    private static func share(_ quota: Int, of period: Int, _ path: String) -> Result<Double, UnclearFile> {
        // Beyond any real number it could not become one of processors.
        guard (1...1 << 53).contains(quota), period > 0 else {
            return .failure(UnclearFile(path, is: "has \(quota) of \(period), and no time"))
        }
        return .success(Double(quota) / Double(period))
    }

    private static func unclear(_ path: String, _ text: Substring, _ missing: String) -> UnclearFile {
        UnclearFile(path, is: "has \"\(text.excerpt)\", and \(missing)")
    }
}

/// A file of the kernel's without the expected content.
public struct UnclearFile: Error, Equatable, CustomStringConvertible {
    /// The file's path.
    public let path: String
    private let fault: String

    /// The sentence.
    public var description: String { "\(path) \(fault)" }

    /// - `fault`: the end of a sentence that begins with the path.
    public init(_ path: String, is fault: String) { (self.path, self.fault) = (path, fault) }
}
