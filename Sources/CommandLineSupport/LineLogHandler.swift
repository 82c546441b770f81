internal import Logging
internal import System
internal import Synchronization

/// Writes each message of the log as one line: time, level, label, words.
struct LineLogHandler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let printer: LinePrinter

    init(label: String, printer: LinePrinter) {
        self.label = label
        self.printer = printer
        logLevel = Logger.Level(printer.style().level)
    }

    func log(event: LogEvent) {
        let level = LogLevel(event.level)
        let site = LogLimiter.Site(label: label, level: level.rawValue, file: event.file, line: event.line)
        guard let leftOut = printer.admit(event.level.isLimited ? site : nil) else { return }
        let given = metadataProvider?.get() ?? [:]
        let pairs = metadata.merging(given) { $1 }.merging(event.metadata ?? [:]) { $1 }
        let fields = pairs.sorted { $0.key < $1.key }.map { (name: $0.key, value: "\($0.value)") }
        printer.print(printer.style().line(level, label, "\(event.message)", fields, leftOut: leftOut))
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
}

/// The output of all loggers, with its format and its level.
final class LinePrinter: Sendable {
    private let limiter = Mutex(LogLimiter())
    private let clock: @Sendable () -> MonotonicTime
    let style: @Sendable () -> LogStyle
    let print: @Sendable (String) -> Void

    /// Prints lines; `clock` is for tests.
    init(
        clock: @escaping @Sendable () -> MonotonicTime = MonotonicTime.now,
        style: @escaping @Sendable () -> LogStyle = { LogStyle() }, print: @escaping @Sendable (String) -> Void
    ) {
        self.clock = clock
        self.style = style
        self.print = print
    }

    /// The number of similar messages left out before this one; nil when it is left out, too.
    func admit(_ site: LogLimiter.Site?) -> Int? {
        guard let site else { return 0 }
        return limiter.withLock { $0.admit(site, at: clock()) }
    }
}

extension Logger.Level {
    /// Whether peers can cause any number of messages of this level.
    fileprivate var isLimited: Bool { self == .warning || self == .error }

    fileprivate init(_ level: LogLevel) {
        self = Self.allCases[level.rawValue]
    }
}

extension LogLevel {
    fileprivate init(_ level: Logger.Level) {
        self = Logger.Level.allCases.firstIndex(of: level).map { Self.allCases[$0] } ?? .critical
    }
}

/// Lets one warning of a kind through each second, and counts the others.
///
/// Otherwise a peer that causes warnings would fill the disk. A warning's kind is its place in the code, so that there
/// are few kinds.
struct LogLimiter {
    /// The place in the code that makes a warning.
    struct Site: Hashable {
        let label: String
        let level: Int
        let file: String
        let line: UInt
    }

    private struct Record {
        var passed: MonotonicTime
        var leftOut = 0
    }

    private let pause: Interval
    private var records: [Site: Record] = [:]

    init(pause: Interval = .seconds(1)) {
        self.pause = pause
    }

    /// The number of warnings of the kind left out before this one, which passes; nil when it is left out, too.
    mutating func admit(_ site: Site, at now: MonotonicTime) -> Int? {
        guard let record = records[site] else {
            records[site] = Record(passed: now)
            return 0
        }
        guard now >= record.passed + pause else {
            records[site]?.leftOut += 1
            return nil
        }
        records[site] = Record(passed: now)
        return record.leftOut
    }
}
