import System
import Datagrams
import TestSupport
import Testing

@Suite("LetterCount")
struct LetterCountTests {
    @Test(
        "counts exactly the given letter",
        arguments: [
            ("s", "", "0"),
            ("s", "s", "1"),
            ("s", "the letter s appears", "2"),
            ("s", "Mississippi", "4"),
            ("s", "SSS", "0"),
            ("S", "Ss", "1"),
            ("é", "é e É été", "3"),
            ("é", "e\u{301}", "0"),
            ("雪", "雪国の雪", "2"),
            ("🏤", "🏤🏤🏣", "2"),
            // U+1F1E6 twice is a letter of its own; three times holds it once, four times holds it twice.
            ("🇦🇦", "🇦🇦🇦", "1"),
            ("🇦🇦", "🇦🇦🇦🇦", "2"),
            ("é", "Ã", "0"),
        ])
    func counts(letter: String, text: String, expected: String) throws {
        let service = try #require(LetterCount(letter: letter))
        #expect(service.reply(to: text) == expected)
    }

    @Test("counts in every length and at every place", arguments: ["s", "é"])
    func everyLength(letter: String) throws {
        let service = try #require(LetterCount(letter: letter))
        for length in 0...300 {
            #expect(service.reply(to: String(repeating: letter, count: length)) == "\(length)")
            let before = String(repeating: "x", count: length)
            #expect(service.reply(to: before + letter) == "1")
            #expect(service.reply(to: letter + before) == "1")
        }
    }

    @Test("agrees with a plain loop on random bytes, text or not", arguments: 0...255)
    func randomBytes(length: Int) throws {
        let service = try #require(LetterCount(letter: "s"))
        var generator = SeededGenerator(state: UInt64(length))
        let bytes = (0..<length * 10).map { _ in UInt8.random(in: 0x70...0xFF, using: &generator) }
        let expected = bytes.filter { $0 == UInt8(ascii: "s") }.count
        #expect(service.reply(to: bytes) == Array("\(expected)".utf8))
    }

    @Test("does not find a letter that the end cuts off")
    func cutOff() throws {
        let service = try #require(LetterCount(letter: "雪"))
        #expect(service.reply(to: Array(Array("雪雪".utf8).dropLast())) == Array("1".utf8))
    }

    @Test("counts up to the largest datagram")
    func largest() throws {
        let service = try #require(LetterCount(letter: "s"))
        let bytes = [UInt8](repeating: UInt8(ascii: "s"), count: largestDatagram)
        #expect(service.reply(to: bytes) == Array("65507".utf8))
    }

    @Test("is not made for anything but one character", arguments: ["", "ss", "s ", "éé"])
    func notOneLetter(letter: String) {
        #expect(LetterCount(letter: letter) == nil)
    }
}
