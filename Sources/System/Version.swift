/// Which Letterbox it is: for `--version` of all programs, for the page and for the metrics.
public enum Version {
    /// As in CHANGELOG.md.
    public static let current = "0.1.0"
}
