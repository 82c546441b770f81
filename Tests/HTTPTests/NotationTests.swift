import Foundation
import HTTP
import Testing

/// Bytes that are written out.
@Suite struct NotationTests {
    private func decode(_ text: String, _ notation: Notation) throws(NotationError) -> [UInt8] {
        let bytes = Array(text.utf8)
        return try notation.decode(bytes.span)
    }

    @Test(
        arguments: [
            ("", []), ("ff ff 54", [0xFF, 0xFF, 0x54]), ("ffff54", [0xFF, 0xFF, 0x54]),
            ("0A:bC:9f", [0x0A, 0xBC, 0x9F]),
            (" \t00\r\n01\n\n: 02\n", [0, 1, 2]),
        ] as [(String, [UInt8])])
    func hexIsRead(text: String, bytes: [UInt8]) throws {
        #expect(try decode(text, .hex) == bytes)
    }

    /// Each text with what its error says.
    @Test(arguments: [
        ("f", "the digit at byte 1 stands alone"), ("ff f", "the digit at byte 4 stands alone"),
        ("f f", "the digit at byte 1 stands alone"), ("fff ff", "the digit at byte 3 stands alone"),
        ("0xff", "'x' at byte 2 has no place"), ("ff,ff", "',' at byte 3 has no place"), ("gg", "'g' at byte 1"),
        ("ff\0", "the value 0x00 at byte 3"), ("\u{E9}", "the value 0xC3 at byte 1"),
        ("ff\u{B}", "the value 0x0B at byte 3"),
    ])
    func whatIsNoHexSaysWhere(text: String, reason: String) throws {
        let error = #expect(throws: NotationError.self) { try decode(text, .hex) }
        #expect(try #require(error).description.contains(reason), "\(error as Any)")
    }

    @Test(arguments: [
        ("", ""), ("Zg==", "f"), ("Zg", "f"), ("Zm8=", "fo"), ("Zm8", "fo"), ("Zm9v", "foo"),
        ("Zm9v\r\nYmFy\n", "foobar"),
        ("Zm9 vYg = =", "foob"), ("Pz8_", "???"), ("Pz8/", "???"), ("fn5-", "~~~"), ("fn5+", "~~~"),
    ])
    func base64IsRead(text: String, decoded: String) throws {
        #expect(try decode(text, .base64) == Array(decoded.utf8))
    }

    @Test(arguments: [
        ("Z", "it ends within a group"), ("Zg=", "it ends within a group"), ("Zm9vY", "it ends within a group"),
        ("=", "'=' at byte 1"), ("Zm9v=", "'=' at byte 5"), ("Zg===", "'=' at byte 5"), ("Z===", "'=' at byte 2"),
        ("Zg==Zg==", "'Z' at byte 5"), ("Zm9*", "'*' at byte 4"), ("Zh==", "bits that belong to no byte"),
        ("Zm9", "bits that belong to no byte"),
    ])
    func whatIsNoBase64SaysWhere(text: String, reason: String) throws {
        let error = #expect(throws: NotationError.self) { try decode(text, .base64) }
        #expect(try #require(error).description.contains(reason), "\(error as Any)")
    }

    @Test(arguments: [Notation.hex, .base64])
    func everythingThatIsWrittenIsRead(notation: Notation) throws {
        for count in 0..<259 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 250) }
            let text = notation.encode(bytes.span)
            #expect(try notation.decode(text.span) == bytes)
        }
    }

    @Test func hexHasASpaceBetweenBytes() {
        let bytes: [UInt8] = [0, 0x9A, 0xFF]
        #expect(Notation.hex.encode(bytes.span) == Array("00 9a ff".utf8))
    }

    /// RFC 4648 section 10, and what that has no example of: bytes with the high bit, and both signs.
    @Test(
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func base64HasTheVectorsOfItsSpecification(text: String, encoded: String) {
        #expect(base64(Array(text.utf8)) == encoded)
    }

    @Test func base64OfEveryByteIsThatOfFoundation() {
        for count in 0..<259 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 250) }
            #expect(base64(bytes) == Data(bytes).base64EncodedString())
        }
        #expect(base64([0xFB, 0xFF, 0xBF]) == "+/+/")
    }

    private func base64(_ bytes: [UInt8]) -> String {
        String(decoding: Notation.base64.encode(bytes.span), as: UTF8.self)
    }
}
