/// The importance of a line of the log, least first.
public enum LogLevel: Sendable, CaseIterable, Comparable {
    case trace, debug, info, notice, warning, error, critical

    /// Syslog's number for the level (syslog(3)).
    public var priority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}

/// The format of a log's lines, and the least level that it has.
public struct LogStyle: Sendable {
    /// The form of a line.
    public enum Format: String, Sendable, CaseIterable {
        /// A line for people.
        case text
        /// A JSON object (RFC 8259) with the members `time`, `level`, `logger`, `message`, and more by name.
        case json
    }

    /// The form of a line.
    public var format = Format.text
    /// The least level of a line in the log.
    public var level = LogLevel.info
    /// Whether a line of text begins with its priority in angle brackets, which journald removes and obeys
    /// (sd-daemon(3)).
    public var hasPriorities = false

    /// Text for people.
    public init() {}

    /// The text in front of a line.
    public func opening(_ level: LogLevel) -> String {
        hasPriorities && format == .text ? "<\(level.priority)>" : ""
    }

    /// A line with its time, level, logger, message, and further values by name.
    ///
    /// - `leftOut`: the number of similar lines that were left out before it.
    public func line(
        _ level: LogLevel, _ logger: String, _ message: String, _ fields: [(name: String, value: String)] = [],
        leftOut: Int = 0, time: String = WallClock.text()
    ) -> String {
        if format == .json {
            return json(level, logger, message, fields + (leftOut == 0 ? [] : [("left_out", "\(leftOut)")]), time)
        }
        let others = leftOut == 0 ? "" : " (and \(leftOut) more like it since the last)"
        let extra = fields.map { " \($0.name)=\($0.value)" }.joined() + others
        // A line feed would begin a line that no logger has written.
        let text = "\(message)\(extra)".replacing("\n", with: " ")
        return "\(opening(level))\(time) \(level) \(logger): \(String(showing: Array(text.utf8)))"
    }

    /// A sentence of the program about itself; in text it stands alone.
    public func sentence(_ level: LogLevel, _ text: String) -> String {
        format == .json ? json(level, "letterbox", text, [], WallClock.text()) : "\(opening(level))\(text)"
    }

    private func json(
        _ level: LogLevel, _ logger: String, _ message: String, _ fields: [(name: String, value: String)],
        _ time: String
    ) -> String {
        let members = [("time", time), ("level", "\(level)"), ("logger", logger), ("message", message)] + fields
        return "{" + members.map { "\(JSONText.quoted($0.0)):\(JSONText.quoted($0.1))" }.joined(separator: ",") + "}"
    }
}

/// Strings of JSON.
public enum JSONText {
    /// A text as a string (RFC 8259 7).
    public static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\u{0}"..<" ":
                result += "\\u" + String(scalar.value, radix: 16).padded(to: 4, with: "0")
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
