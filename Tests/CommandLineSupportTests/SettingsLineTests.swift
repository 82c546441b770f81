import System
import TestSupport
import Testing

@testable import CommandLineSupport

@Suite struct SettingsLineTests {
    private func read(_ text: String) throws -> SettingsLine? { try SettingsLine(reading: text.unicodeScalars[...]) }

    @Test(arguments: [
        (#"probe-text "a #b""#, "a #b"), (#"probe-text " ab "  # a comment"#, " ab "), (#"probe-text """#, ""),
        (#"probe-text "say \"hi\" \\ ok\n""#, "say \"hi\" \\ ok\n"), (#"probe-text say "hi" \n"#, #"say "hi" \n"#),
        (#"probe-text 'a' #b"#, "'a'"), ("probe-text\t\"a\"\r", "a"), ("probe-text a#b \r", "a#b"),
    ])
    func aValueMayStandBetweenQuotes(text: String, value: String) throws {
        #expect(try read(text) == SettingsLine("probe-text", value))
    }

    @Test(arguments: ["", "  ", "# port 80", "\t#", "\r"]) func aCommentIsNoSetting(text: String) throws {
        #expect(try read(text) == nil)
    }

    @Test(arguments: [
        (#"probe-text "a"#, "the closing quote is missing."), (#"probe-text ""#, "the closing quote is missing."),
        (#"probe-text "a\""#, "the closing quote is missing."), (#"probe-text "a\t""#, "a backslash between quotes"),
        (#"probe-text "a\"#, "a backslash between quotes"), (#"probe-text "a" b"#, "probe-text: there is something"),
        (##"probe-text "a"#b"##, "probe-text: there is something"),
    ])
    func wrongQuotesAreTold(text: String, sentence: String) {
        #expect { try read(text) } throws: { "\($0)".hasPrefix(sentence) }
    }

    /// Whatever the value: the pieces are those that the format knows, and marks that join them to one character.
    @Test func eachLineReadsBackAsTheSameValue() throws {
        var generator = SeededGenerator(state: 1)
        let pieces = [
            "a", " ", "#", "\"", "\\", "\n", "\r", "\t", "\u{301}", "\u{A0}", "\u{2028}", "n", "ä", "'", "-", "=",
        ]
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...6, using: &generator)
            let value = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            let line = SettingsLine("probe-text", value)
            #expect(!line.text.unicodeScalars.contains("\n"))
            let result = try read(line.text)
            #expect(
                result?.name == "probe-text" && result?.value.map { Array($0.utf8) } == Array(value.utf8),
                "\(line.text)")
        }
    }

    @Test(arguments: ["+5", "-0", "0x5", "5.0", "", "５", " 5"])
    func aNumberHasDigitsAlone(text: String) throws {
        #expect(throws: (any Error).self) { try readNumber(text, in: 0...10) }
    }

    @Test func eachTimeReadsBackAsItself() throws {
        var generator = SeededGenerator(state: 2)
        let range = Interval(nanoseconds: 0)...(.seconds(86_400))
        for _ in 0..<20_000 {
            let size = UInt64.random(in: 1...86_400_000_000_000, using: &generator)
            let time = Interval(nanoseconds: UInt64.random(in: 0...size, using: &generator))
            #expect(try readTime("\(time)", in: range) == time)
        }
        #expect(try readTime("1.2345678s", in: range) == Interval(nanoseconds: 1_234_567_800))
        #expect(try readTime("0.29us", in: range) == Interval(nanoseconds: 290))
        #expect(try readTime("86400s", in: range) == .seconds(86_400))
        #expect(throws: (any Error).self) { try readTime("86400.000000001s", in: range) }
        #expect(throws: (any Error).self) { try readTime("99999999999999999999999m", in: range) }
    }
}
