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
        let site = LogLimiter.Site(label: label, level: level, file: event.file, line: event.line)
        let message = "\(event.message)"
        guard let leftOut = printer.admit(message, of: event.level.isLimited ? site : nil) else { return }
        let given = metadataProvider?.get() ?? [:]
        let pairs = metadata.merging(given) { $1 }.merging(event.metadata ?? [:]) { $1 }
        let fields = pairs.sorted { $0.key < $1.key }.map { (name: $0.key, value: "\($0.value)") }
        printer.print(printer.style().line(level, label, message, fields, leftOut: leftOut))
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
    func admit(_ message: String, of site: LogLimiter.Site?) -> Int? {
        guard let site else { return 0 }
        return limiter.withLock { $0.admit(message, of: site, at: clock()) }
    }

    /// Prints the last message of each kind that was left out, with the number of the others: the program ends, and no
    /// next one will have it.
    func finish() {
        for (site, message, count) in limiter.withLock({ $0.takeLeftOut() }) {
            print(style().line(site.level, site.label, "left out until the end: \(message)", leftOut: count - 1))
        }
    }
}

extension Logger.Level {
    /// Whether peers can cause any number of messages of this level.
    fileprivate var isLimited: Bool { self == .warning || self == .error }

    fileprivate init(_ level: LogLevel) {
        self = Self(rawValue: "\(level)") ?? .critical
    }
}

extension LogLevel {
    private static let byWord = Dictionary(uniqueKeysWithValues: allCases.map { ("\($0)", $0) })

    fileprivate init(_ level: Logger.Level) { self = Self.byWord[level.rawValue] ?? .critical }
}

/// Lets each warning through once a second, and one of a kind a second in the long run; it counts the others.
///
/// Otherwise a peer that causes warnings would fill the disk. A warning's kind is its place in the code, so that there
/// are few kinds. Warnings with other words, such as those about the backends of a host that is gone, come at once as
/// long as there are not too many.
struct LogLimiter {
    /// The place in the code that makes a warning.
    struct Site: Hashable {
        let label: String
        let level: LogLevel
        let file: String
        let line: UInt
    }

    private struct Record {
        /// The beginning of the current second, and the warnings that have passed since.
        var since: MonotonicTime
        var passed: Set<String> = []
        /// The time until which the warnings that have passed would take at one a second.
        var used: MonotonicTime
        var leftOut = 0
        /// The last of those left out.
        var last = ""
    }

    private static let pause = Interval.seconds(1)
    /// One less than the most warnings of a kind at once.
    private static let burst = Interval.seconds(99)
    private var records: [Site: Record] = [:]

    /// The number of warnings of the kind left out before this one, which passes; nil when it is left out, too.
    mutating func admit(_ message: String, of site: Site, at now: MonotonicTime) -> Int? {
        var record = records[site] ?? Record(since: now, used: now)
        defer { records[site] = record }
        if now >= record.since + Self.pause { (record.since, record.passed) = (now, []) }
        guard record.used <= now + Self.burst, record.passed.insert(message).inserted else {
            record.leftOut += 1
            record.last = message
            return nil
        }
        record.used = max(record.used, now) + Self.pause
        defer { record.leftOut = 0 }
        return record.leftOut
    }

    /// The kinds of which warnings have been left out since the last that has passed, each with the last one and their
    /// number, in the order of the code; from now on none is.
    mutating func takeLeftOut() -> [(site: Site, message: String, count: Int)] {
        let found = records.filter { $0.value.leftOut > 0 }
        for site in found.keys { records[site]?.leftOut = 0 }
        return found.sorted { ($0.key.file, $0.key.line) < ($1.key.file, $1.key.line) }
            .map { ($0.key, $0.value.last, $0.value.leftOut) }
    }
}
