internal import EventLoop
internal import Logging
internal import System
internal import Synchronization

/// Writes each message of the log as one line: time, level, label, words.
struct LineLogHandler: LogHandler {
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let printer: LinePrinter

    /// Writes what the loggers of this label say.
    init(label: String, printer: LinePrinter) {
        self.label = label
        self.printer = printer
    }

    func log(event: LogEvent) {
        let site = LogLimiter.Site(label: label, level: event.level.number, file: event.file, line: event.line)
        guard let leftOut = printer.admit(event.level.isLimited ? site : nil) else { return }
        let given = metadataProvider?.get() ?? [:]
        let pairs = metadata.merging(given) { $1 }.merging(event.metadata ?? [:]) { $1 }
        let extra = pairs.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        let others = leftOut == 0 ? "" : " (and \(leftOut) more like it since the last)"
        // A line feed in a message would begin a line that no logger has written.
        let message = "\(event.message)\(extra)".replacing("\n", with: " ")
        printer.print("\(WallClock.text()) \(event.level) \(label): \(message)\(others)")
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
}

/// Where the lines of all loggers go, and which of them.
final class LinePrinter: Sendable {
    private let limiter = Mutex(LogLimiter())
    private let clock: @Sendable () -> MonotonicTime
    let print: @Sendable (String) -> Void

    /// Prints lines; `clock` is for tests.
    init(
        clock: @escaping @Sendable () -> MonotonicTime = MonotonicTime.now, print: @escaping @Sendable (String) -> Void
    ) {
        self.clock = clock
        self.print = print
    }

    /// How many messages like this one were left out before it; nil when it is left out, too.
    func admit(_ site: LogLimiter.Site?) -> Int? {
        guard let site else { return 0 }
        return limiter.withLock { $0.admit(site, at: clock()) }
    }
}

extension Logger.Level {
    /// Whether peers can cause as many messages of this level as they like.
    fileprivate var isLimited: Bool { self == .warning || self == .error }

    fileprivate var number: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
