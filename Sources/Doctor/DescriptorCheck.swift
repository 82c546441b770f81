internal import System

/// Whether the limit of descriptors leaves as many connections and UDP sockets as the flags allow (getrlimit(2)).
package enum DescriptorCheck: KernelCheck {
    package static let subject = "descriptors"
    private static let path = "/proc/self/limits"

    package static func examine(_ files: KernelFiles, _ demand: Demand) throws(UnclearFile) -> [Finding] {
        let limit = try hardLimit(files)
        // Loops, listener and standard streams take some, too.
        let wanted = demand.connections + demand.sockets + 32 + 4 * demand.workers
        let text = "\(limit) allowed, \(wanted) wanted for --max-connections and --max-sockets"
        if limit >= wanted { return [.ok(subject, text)] }
        let remedy = "ulimit -Hn \(wanted) && ulimit -n \(wanted)   # of a unit: LimitNOFILE=\(wanted)"
        return limit < wanted / 10
            ? [.bad(subject, "\(text): the rest is shared, and soon used up", remedy: remedy)]
            : [.warning(subject, "\(text): the rest is shared", remedy: remedy)]
    }

    /// The hard limit, to which the gateway raises its own.
    private static func hardLimit(_ files: KernelFiles) throws(UnclearFile) -> Int {
        let name = "Max open files"
        let line = try files.text(path).split(separator: "\n").first { $0.hasPrefix(name) }
        let words = line?.dropFirst(name.count).split(separator: " ") ?? []
        guard words.count >= 2 else { throw UnclearFile(path, is: "has no line \"\(name)\"") }
        if words[1] == "unlimited" { return .max }
        guard let limit = Int(words[1]) else {
            throw UnclearFile(path, is: "has \"\(words[1].excerpt)\" as the limit of open files")
        }
        return limit
    }
}
