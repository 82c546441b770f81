import HTTP
import Testing

/// Which bytes are text.
@Suite struct UTF8Tests {
    /// One byte above 0x7F anywhere in texts of all lengths around a word's.
    @Test(arguments: 0...33) func oneByteIsNoText(length: Int) {
        var bytes = [UInt8](repeating: 0x7F, count: length)
        check(bytes)
        for index in bytes.indices {
            for byte in [0x80, 0xC2, 0xFF] as [UInt8] {
                bytes[index] = byte
                check(bytes)
                bytes[index] = 0x7F
            }
        }
    }

    /// RFC 3629 4: two bytes at all, and three and four around every edge, as the standard library reads them.
    @Test func everyPairAndTheEdges() {
        let edges: [UInt8] = [
            0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF5,
        ]
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max { check([first, second]) }
        }
        for first in 0xE0...UInt8.max {
            for second in edges {
                for third in edges {
                    check([first, second, third])
                    for fourth in edges { check([first, second, third, fourth]) }
                }
            }
        }
    }

    private func check(_ bytes: [UInt8]) {
        let isText = String(validating: bytes, as: UTF8.self) != nil
        if bytes.span.isUTF8 != isText { Issue.record("\(bytes)") }
    }
}
