internal import ArgumentParser
internal import CommandLineSupport
internal import Datagrams
internal import Gateway
internal import System

/// Form and content of the log.
struct LogOptions: ParsableArguments {
    @Option(words: "How lines of the log are written: text, or json for an object a line.", of: "format")
    var logFormat = LogStyle.Format.text

    @Option(
        words: "The least level of the lines in the log: critical, error, warning, notice, info, debug or trace.",
        of: "level")
    var logLevel = LogLevel.info

    @Option(
        words:
            """
            Which requests have a line in the log: off, failures (a status of 400 or above, or a client that left) or all.
            """, of: "requests")
    var accessLog = AccessLog.Coverage.failures

    @Option(
        number:
            """
            The most bytes of these lines that wait for a slow reader; what does not fit is dropped, counted and logged.
            """, in: 1024...(1 << 30))
    var maxAccessLog = Configuration().maxAccessLog

    @Option(
        number:
            """
            The longest X-Request-Id in bytes that is repeated in the response and the log; a longer one is ignored, and with \
            0 any.
            """, in: 0...1024)
    var maxRequestId = Configuration().maxRequestID

    /// Applies the chosen form and level to the log.
    func apply() {
        LogOutput.standardError.style.format = logFormat
        LogOutput.standardError.style.level = logLevel
    }

    /// The access log; nil where no request has a line.
    func makeAccessLog() throws -> AccessLog? {
        guard accessLog != .off else { return nil }
        return try AccessLog(accessLog, limit: maxAccessLog, output: .standardError)
    }
}

extension Option where Value: CaseIterable & Sendable {
    /// A flag that takes one of several words.
    fileprivate init(wrappedValue: Value, words help: String, of valueName: String) {
        let words = Value.allCases.map { "\($0)" }
        self.init(
            wrappedValue: wrappedValue, help: .of(valueName, help, "\(wrappedValue)"), completion: .list(words)
        ) { text in
            guard let value = Value.allCases.first(where: { "\($0)" == text }) else {
                throw ValidationError("one of these is needed: \(words.joined(separator: ", ")).")
            }
            return value
        }
    }
}

/// A line for each datagram on standard output, for serving commands: a slow reader misses lines and delays nothing.
struct VerboseFlag: ParsableArguments {
    @Flag(help: "Print a line for each datagram: time of day (UTC), from, to, bytes, the first of them, what was done.")
    var verbose = false

    /// The function that prints the lines; nil without the flag.
    var observer: DatagramEvent.Observer? {
        guard verbose else { return nil }
        return { LogOutput.standardOutput.write("\(WallClock.timeOfDay()) \($0)") }
    }
}
