import Testing

@testable import HTTP

@Suite struct GrammarTests {
    private static let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    private static let digits = "0123456789"

    /// The table, derived again from the text of the RFCs.
    @Test(arguments: [
        (ByteClass.token, "!#$%&'*+-.^_`|~" + letters + digits),
        (ByteClass.target, "-._~:/?[]@!$&'()*+,;=%" + letters + digits),
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

    /// The word-wise scan against the table, for every byte at every place in a word.
    @Test func theScanStopsWhereTheTableSays() {
        for byte in UInt8.min...UInt8.max {
            for place in 0..<17 {
                var bytes = [UInt8](repeating: UInt8(ascii: "v"), count: 19)
                bytes[place] = byte
                let found = bytes.span.skipValue(from: 0)
                #expect(found == (ByteClass.value.contains(byte) ? 19 : place))
            }
        }
    }

    @Test func aWordEndsInZerosBeyondTheEnd() {
        let bytes = Array("abcdefghij".utf8)
        for (place, text) in [(0, "abcdefgh"), (2, "cdefghij"), (8, "ij"), (10, ""), (100, "")] {
            let word = bytes.span.word(at: place)
            #expect(word == UInt64(ascii: text))
        }
    }

    @Test(arguments: RequestError.Reason.allCases)
    func everyReasonIsASentenceWithAStatus(reason: RequestError.Reason) {
        #expect(reason.description.hasSuffix("."))
        #expect((400...505).contains(reason.status.code))
        #expect(!reason.status.reasonPhrase.isEmpty)
    }
}

extension ByteClass: CustomTestStringConvertible {
    /// The bit, which no two classes share.
    public var testDescription: String { "class \(bit)" }
}
