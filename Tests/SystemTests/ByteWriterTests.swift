import Testing

@testable import System

@Suite struct ByteWriterTests {
    private func written(_ body: (inout ByteWriter) -> Void) -> String {
        var writer = ByteWriter()
        body(&writer)
        return unsafe writer.withBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }

    @Test func `pieces follow one another, whatever the room`() {
        let text = written { writer in
            for _ in 0..<1000 { writer.append(Array("abc".utf8)) }
            writer.append(33)
        }
        #expect(text == String(repeating: "abc", count: 1000) + "!")
    }

    @Test(arguments: [0, 9, 10, 99, 100, 12345, UInt.max])
    func `numbers are decimal, with as many digits as are wanted`(number: UInt) {
        #expect(written { $0.append(decimal: number) } == "\(number)")
        let padded = String(repeating: "0", count: max(0, 3 - "\(number)".count)) + "\(number)"
        #expect(written { $0.append(decimal: number, digits: 3) } == padded)
    }

    @Test func `what is not visible is written out`() {
        let bytes: [UInt8] = [0, 10, 13, 27, 32, 33, 34, 92, 126, 127, 128, 255]
        #expect(
            written { $0.append(visible: bytes[...], quotes: false) }
                == #"\x00\x0a\x0d\x1b\x20!"\x5c~\x7f\x80\xff"#)
        #expect(
            written { $0.append(visible: bytes[...], quotes: true) }
                == #"\\x00\\x0a\\x0d\\x1b\\x20!\"\\x5c~\\x7f\\x80\\xff"#)
    }
}
