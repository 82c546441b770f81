import System
import Datagrams
import TestSupport
import Testing

@Suite("Uppercase: text")
struct UppercaseTextTests {
    @Test(
        "changes every letter that has an upper case",
        arguments: [
            ("", ""),
            ("hello", "HELLO"),
            ("HELLO", "HELLO"),
            ("input lowercase sentence: abc xyz", "INPUT LOWERCASE SENTENCE: ABC XYZ"),
            ("`az{ @AZ[ 09 \u{0}\u{1F}\u{7F}", "`AZ{ @AZ[ 09 \u{0}\u{1F}\u{7F}"),
            ("line\nline\r\n", "LINE\nLINE\r\n"),
            ("größe", "GRÖSSE"),
            ("straße", "STRASSE"),
            ("ŉ", "ʼN"),
            ("ﬁn", "FIN"),
            ("ﬃ", "FFI"),
            ("\u{390}", "\u{399}\u{308}\u{301}"),
            ("\u{3CC}σος", "\u{38C}ΣΟΣ"),
            ("привет", "ПРИВЕТ"),
            ("ı i", "I I"),
            ("ǆ ǅ", "Ǆ Ǆ"),
            ("e\u{301}", "E\u{301}"),
            ("𐐨", "𐐀"),
            ("雪国 🏤", "雪国 🏤"),
            ("aé", "AÉ"),
            ("éa", "ÉA"),
        ])
    func mapping(text: String, expected: String) {
        // Compared as bytes: String's == also accepts canonically equivalent text.
        #expect(Uppercase().reply(to: Array(text.utf8)) == Array(expected.utf8))
    }

    @Test("agrees with String.uppercased() for every Unicode scalar between two letters")
    func everyScalar() {
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let text = "a\(scalar)z"
            let reply = Uppercase().reply(to: Array(text.utf8))
            if reply != Array(text.uppercased().utf8) { Issue.record("U+\(String(value, radix: 16)): \(reply)") }
        }
    }

    @Test("agrees with String.uppercased() on random text", arguments: [1, 10, 50, 90, 100])
    func randomText(percentBeyondASCII: Int) {
        var generator = SeededGenerator(state: UInt64(percentBeyondASCII))
        for length in 0...400 {
            let text = String.random(of: length, percentBeyondASCII: percentBeyondASCII, using: &generator)
            #expect(Uppercase().reply(to: Array(text.utf8)) == Array(text.uppercased().utf8))
        }
    }

    @Test("fills the largest datagram", arguments: ["letter box", "straße: naïve. ", "雪国 "])
    func largest(pattern: String) {
        let text = String(repeating: pattern, count: largestDatagram / pattern.utf8.count)
        #expect(Uppercase().reply(to: Array(text.utf8)) == Array(text.uppercased().utf8))
    }

    @Test("grows by as much as three times, as long as a datagram can carry it")
    func growth() {
        let text = String(repeating: "ΐ", count: largestDatagram / 6)
        let reply = Uppercase().reply(to: Array(text.utf8))
        #expect(reply == Array(text.uppercased().utf8) && reply.count == largestDatagram - 5)
    }

    @Test("changes the ASCII letters alone where no datagram can carry the full mapping", arguments: [0, 1, 5])
    func tooLong(more: Int) {
        // The capitals take 65,508 bytes and more, and the last letters are plain ones.
        let text = String(repeating: "ΐ", count: largestDatagram / 6) + String(repeating: "x", count: 6 + more)
        #expect(Uppercase().reply(to: Array(text.utf8)) == Array(text.replacing("x", with: "X").utf8))
        let long = [UInt8](repeating: 0x61, count: 65_520 + more) + Array("é".utf8)
        #expect(Uppercase().reply(to: long) == [UInt8](repeating: 0x41, count: 65_520 + more) + Array("É".utf8))
    }
}

@Suite("Uppercase: bytes")
struct UppercaseByteTests {
    @Test("changes the ASCII letters of any length", arguments: 0...200)
    func everyLength(length: Int) {
        var generator = SeededGenerator(state: UInt64(length))
        let ascii = (0..<length).map { _ in UInt8.random(in: 0...0x7F, using: &generator) }
        #expect(Uppercase().reply(to: ascii) == naiveUppercase(ascii))
        // 0xFF occurs in no valid UTF-8, so one at each place makes the whole datagram bytes.
        for place in ascii.indices {
            var bytes = ascii
            bytes[place] = 0xFF
            #expect(Uppercase().reply(to: bytes) == naiveUppercase(bytes))
        }
    }

    @Test("changes only the ASCII letters of random bytes that are not text", arguments: [1_400, largestDatagram])
    func randomBytes(length: Int) {
        var generator = SeededGenerator(state: 7)
        var bytes = (0..<length).map { _ in UInt8.random(in: 0...0xFF, using: &generator) }
        bytes[length - 1] = 0xC3  // the first half of "é": not valid to the very last byte
        #expect(Uppercase().reply(to: bytes) == naiveUppercase(bytes))
    }

    @Test(
        "keeps the bytes of what is not UTF-8",
        arguments: [
            "first byte alone": [0xC3],
            "first byte before a letter": [0xC3, 0x61],
            "two of three": [0xE2, 0x82],
            "three of four": [0xF0, 0x9F, 0x8F],
            "continuation alone": [0x80],
            "overlong slash, two bytes": [0xC0, 0xAF],
            "overlong slash, three bytes": [0xE0, 0x80, 0xAF],
            "overlong slash, four bytes": [0xF0, 0x80, 0x80, 0xAF],
            "overlong NUL": [0xC0, 0x80],
            "first surrogate": [0xED, 0xA0, 0x80],
            "last surrogate": [0xED, 0xBF, 0xBF],
            "surrogate pair": [0xED, 0xA0, 0x81, 0xED, 0xB0, 0x80],
            "U+110000": [0xF4, 0x90, 0x80, 0x80],
            "five bytes": [0xF8, 0x88, 0x80, 0x80, 0x80],
            "0xFE": [0xFE],
            "0xFF": [0xFF],
        ] as [String: [UInt8]])
    func invalid(kind: String, bytes: [UInt8]) {
        // A valid "é" beside the bad bytes must stay in lower case: the datagram is text as a whole or not at all.
        let datagram = Array("aé".utf8) + bytes + Array("z".utf8)
        #expect(Uppercase().reply(to: datagram) == Array("Aé".utf8) + naiveUppercase(bytes) + Array("Z".utf8))
    }
}

/// The result of Uppercase for bytes that are not text, computed as plainly as possible.
private func naiveUppercase(_ bytes: [UInt8]) -> [UInt8] {
    bytes.map { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) ? $0 - 32 : $0 }
}

extension String {
    /// What upper case lengthens, shortens or joins: sharp s, ligatures, Turkish i with and without dot, final sigma, marks
    /// that combine with letters (the iota below one becomes a letter of its own), and digraphs.
    private static let special: [UInt32] = [
        0xDF, 0x130, 0x131, 0x149, 0x17F, 0x1C6, 0x1F0, 0x250, 0x300, 0x307, 0x342, 0x345, 0x390, 0x3C2, 0x3C3, 0x3B1,
        0x587,
        0x1E96, 0x1E9E, 0x1F80, 0x1FB7, 0x1FF7, 0x2126, 0x212B, 0xFB03, 0xFB06, 0xFB17, 0x10428, 0x1E922,
    ]

    /// Random scalars; those beyond ASCII come from planes and blocks with and without case.
    fileprivate static func random(
        of length: Int, percentBeyondASCII: Int, using generator: inout SeededGenerator
    ) -> String {
        var text = String.UnicodeScalarView()
        while text.count < length {
            let isBeyond = Int.random(in: 1...100, using: &generator) <= percentBeyondASCII
            let top: UInt32 = [0x24F, 0x5FF, 0x1FFF, 0xFFFF, 0x1FFFF, 0x10FFFF].randomElement(using: &generator) ?? 0
            let special =
                isBeyond && Bool.random(using: &generator) ? Self.special.randomElement(using: &generator) : nil
            let value = special ?? UInt32.random(in: isBeyond ? 0x80...top : 0...0x7F, using: &generator)
            if let scalar = Unicode.Scalar(value) { text.append(scalar) }
        }
        return String(text)
    }
}
