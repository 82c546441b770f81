/// Letterbox's version: for `--version` of all programs, for the page and for the metrics.
public enum Version {
    /// The version of CHANGELOG.md.
    public static let current = "0.1.0"
}
