import Testing

/// A host of its own for a script: a network, a user and processes that other programs do not see (unshare(1)).
enum PrivateHost {
    /// Why there can be none here; nil where there can.
    static let obstacle: String? = {
        for program in ["unshare", "ip", "python3"] where !Binaries.has(program) {
            return "\(program) is not installed"
        }
        guard let trial = try? start("true", []).ending() else { return "unshare does not start" }
        return trial.status == 0 ? nil : "namespaces do not work here: \(trial.error)"
    }()

    /// Runs a script of the shell, whose processes end with it; "$1" and so on are the words.
    static func start(_ script: String, _ words: [String]) throws -> Program {
        let flags = ["--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child"]
        return try Program("unshare", flags + ["sh", "-c", "set -e; ip link set lo up; \(script)", "sh"] + words)
    }
}
