import System
import Testing

/// A stranger's bytes in the form for a terminal.
@Suite struct VisibleTextTests {
    private static let cases: [(bytes: [UInt8], shown: String)] = [
        (Array("hello, Straße \u{1F600}".utf8), "hello, Straße \u{1F600}"), ([], ""),
        (Array("a\u{1b}[2Jb\u{7}\u{8}\u{0}\u{7f}".utf8), #"a\x1b[2Jb\x07\x08\x00\x7f"#),
        (Array("a\nb\tc\rd\r\n".utf8), #"a\nb\tc\rd\r\n"#),
        // The C1 controls, which terminals obey in UTF-8 as well: CSI is U+009B.
        (Array("\u{9b}2J\u{85}".utf8), #"\u{9b}2J\u{85}"#),
        (Array("abc\u{202e}fed\u{2066}\u{200f}".utf8), #"abc\u{202e}fed\u{2066}\u{200f}"#),
        (Array("\u{2028}\u{2029}".utf8), #"\u{2028}\u{2029}"#),
        // A joiner makes one picture of two; it turns nothing round.
        (Array("\u{1F469}\u{200d}\u{1F52C}".utf8), "\u{1F469}\u{200d}\u{1F52C}"),
        ([0xff, 0x61, 0xc3], #"\xffa\xc3"#), ([0xe2, 0x82, 0x61], #"\xe2\x82a"#),
        ([0xed, 0xa0, 0x80], #"\xed\xa0\x80"#),
        ([0x9b, 0x32, 0x4a], #"\x9b2J"#),
    ]

    @Test(arguments: cases)
    func nothingIsLeftToObey(bytes: [UInt8], shown: String) {
        #expect(String(showing: bytes) == shown)
    }

    @Test func lineEndsAndTabsMayStay() {
        #expect(String(showing: Array("a\n\tb\r\u{1b}".utf8), keepingLayout: true) == "a\n\tb\\r\\x1b")
    }

    @Test func everyByteAndEveryControlIsHarmless() {
        for byte in UInt8.min...UInt8.max {
            let shown = String(showing: [byte]).unicodeScalars
            #expect(shown.allSatisfy { $0.value >= 0x20 && $0.value < 0x7f }, "\(byte)")
        }
        for value in [Array(0..<0x20), Array(0x7f..<0xa0)].joined() {
            guard let scalar = Unicode.Scalar(UInt32(value)) else { continue }
            #expect(
                String(showing: Array(String(scalar).utf8)).unicodeScalars.allSatisfy {
                    $0.value >= 0x20 && $0.value < 0x7f
                })
        }
    }
}
