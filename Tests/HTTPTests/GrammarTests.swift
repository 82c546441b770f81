import Testing

@testable import HTTP

@Suite struct GrammarTests {
    private static let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    private static let digits = "0123456789"

    /// The table, derived again from the text of the RFCs.
    @Test(arguments: [
        (ByteClass.token, "!#$%&'*+-.^_`|~" + letters + digits),
        (ByteClass.path, "-._~:/[]@!$&'()*+,;=%|" + letters + digits),
        (ByteClass.query, "-._~:/?[]@!$&'()*+,;=%|{}^`\\" + letters + digits),
        (ByteClass.plainTarget, "-._~:/[]@!$&'()*+,;=" + letters + digits),
        (ByteClass.hostName, "-._~!$&'()*+,;=" + letters + digits),
        (ByteClass.hex, "abcdefABCDEF" + digits),
    ])
    func classes(byteClass: ByteClass, members: String) {
        for byte in UInt8.min...UInt8.max {
            #expect(byteClass.contains(byte) == members.utf8.contains(byte), "\(byte)")
        }
    }

    @Test func valuesAreAllButControls() {
        for byte in UInt8.min...UInt8.max {
            #expect(ByteClass.value.contains(byte) == (byte == 9 || byte >= 32 && byte != 127), "\(byte)")
        }
    }

    /// The scans by words against the table: for every byte at every place in a word, behind bytes that borrow and carry.
    @Test(arguments: [UInt8(ascii: "v"), UInt8(ascii: "-"), UInt8(ascii: " "), 0x7E, 0x80, 0xFF])
    func theScansStopWhereTheTableSays(filling: UInt8) {
        for byte in UInt8.min...UInt8.max {
            for place in 0..<17 {
                var bytes = [UInt8](repeating: filling, count: 19)
                bytes[place] = byte
                let stops = { (byteClass: ByteClass) in bytes.firstIndex { !byteClass.contains($0) } ?? bytes.count }
                #expect(bytes.span.skipValue(from: 0).index == stops(.value), "\(byte) at \(place)")
                #expect(bytes.span.skipName(from: 0).index == stops(.token), "\(byte) at \(place)")
                #expect(bytes.span.skip(.hostName, from: 0, to: 19) == stops(.hostName), "\(byte) at \(place)")
                #expect(bytes.span.skip(.path, from: 0, to: 9) == min(stops(.path), 9), "\(byte) at \(place)")
            }
        }
    }

    @Test func onlyLettersBecomeSmallLetters() {
        for byte in UInt8.min...UInt8.max {
            let lower = UInt8(truncatingIfNeeded: UInt64(byte).lowercasedLetters)
            let isLetter = Self.letters.utf8.contains(byte)
            #expect(isLetter ? lower == byte.lowercased : !Self.letters.utf8.contains(lower), "\(byte)")
            #expect(byte >= 0x40 || lower == byte, "\(byte)")
        }
    }

    @Test func aWordEndsInZerosBeyondTheEnd() {
        let bytes = Array("abcdefghij".utf8)
        for length in [5, 10] {
            for place in 0...12 {
                let expected = bytes.prefix(length).dropFirst(place).prefix(8)
                let word = bytes.span.extracting(first: length).word(at: place)
                #expect(word == expected.reversed().reduce(0) { $0 << 8 | UInt64($1) }, "\(place) of \(length)")
            }
        }
    }

    @Test func lettersMakeAWord() {
        let bytes = Array("keep-ali".utf8)
        #expect(UInt64("k", "e", "e", "p", "-", "a", "l", "i") == bytes.span.word(at: 0))
        #expect(UInt64("k", "e") == bytes.span.extracting(first: 2).word(at: 0))
    }

    @Test(arguments: RequestError.Reason.allCases)
    func everyReasonIsASentenceWithAStatus(reason: RequestError.Reason) {
        #expect(reason.rawValue.hasSuffix("."))
        #expect((400...505).contains(reason.status.code))
        #expect(!reason.status.reasonPhrase.isEmpty)
    }
}

extension ByteClass: CustomTestStringConvertible {
    /// The bit, which no two classes share.
    public var testDescription: String { "class \(bit)" }
}
