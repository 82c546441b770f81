import Foundation
import Testing

@testable import System

/// The form of the log's lines.
@Suite struct LogStyleTests {
    private static let time = "2026-11-28T20:35:27.042Z"

    private static func style(_ format: LogStyle.Format, hasPriorities: Bool = false) -> LogStyle {
        var style = LogStyle()
        (style.format, style.hasPriorities) = (format, hasPriorities)
        return style
    }

    private static func members(_ line: String) throws -> [String: String] {
        #expect(!line.contains("\n"))
        return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
    }

    @Test func `text has time, level, logger, message and fields`() {
        let line = Self.style(.text).line(
            .warning, "gateway", "no room", [("port", "7")], leftOut: 3, time: Self.time)
        #expect(line == "\(Self.time) warning gateway: no room port=7 (and 3 more like it since the last)")
        #expect(Self.style(.text).sentence(.notice, "It is ready: here") == "It is ready: here")
    }

    @Test func `an object has the same under names that stay`() throws {
        let line = Self.style(.json).line(
            .warning, "gateway", "no room", [("port", "7")], leftOut: 3, time: Self.time)
        #expect(
            try Self.members(line) == [
                "time": Self.time, "level": "warning", "logger": "gateway", "message": "no room", "port": "7",
                "left_out": "3",
            ])
        let sentence = try Self.members(Self.style(.json).sentence(.notice, "It is ready: here"))
        #expect(sentence["message"] == "It is ready: here" && sentence["logger"] == "letterbox")
        #expect(sentence["level"] == "notice")
        #expect(try Self.members(Self.style(.json).notice(ofDropped: 2))["level"] == "warning")
    }

    /// Every byte alone, and what is no UTF-8, in a message, a field and a name.
    @Test func `whatever a stranger says, it is one valid object, and one line of text`() throws {
        var texts = (UInt8.min...UInt8.max).map { String(decoding: [97, $0, 98], as: UTF8.self) }
        texts += ["\u{2028}\u{2029}\u{202e}", "\"}{\"", "\\\"", "\u{10ffff}", "\r\n", ""]
        for text in texts {
            let fields = [(name: "a\(text)", value: text)]
            let object = try Self.members(Self.style(.json).line(.info, text, text, fields))
            #expect(object["message"] == text && object["a\(text)"] == text && object["logger"] == text)
            let line = Self.style(.text).line(.info, "gateway", text, fields)
            let isVisible = line.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
            #expect(isVisible && !line.contains("\u{202e}") && !line.contains("\u{2028}"), "\(text)")
        }
    }

    @Test func `priorities are those of syslog, and stand in front of text`() {
        let style = Self.style(.text, hasPriorities: true)
        let found = LogLevel.allCases.map { style.sentence($0, "x") }
        #expect(found == ["<7>x", "<7>x", "<6>x", "<5>x", "<4>x", "<3>x", "<2>x"])
        #expect(style.line(.error, "gateway", "x", time: Self.time) == "<3>\(Self.time) error gateway: x")
        #expect(Self.style(.json, hasPriorities: true).sentence(.error, "x").hasPrefix("{"))
    }
}
