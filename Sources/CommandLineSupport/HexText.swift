internal import System

/// Bytes in a form for people.
package enum HexText {
    /// Rows of sixteen bytes: their offset, their values, and their ASCII characters, as hexdump(1) -C prints them.
    package static func dump(_ bytes: [UInt8]) -> String {
        stride(from: 0, to: bytes.count, by: 16)
            .map { row(bytes[$0..<min(bytes.count, $0 + 16)]) + "\n" }
            .joined() + "\(digits(bytes.count, 8))\n"
    }

    private static func row(_ bytes: ArraySlice<UInt8>) -> String {
        let groups = [bytes.prefix(8), bytes.dropFirst(8)].map { half in
            half.map { digits(Int($0), 2) }.joined(separator: " ").padded(to: -23)
        }
        let text = bytes.map { (0x20..<0x7f).contains($0) ? String(Unicode.Scalar($0)) : "." }.joined()
        return "\(digits(bytes.startIndex, 8))  \(groups.joined(separator: "  "))  |\(text)|"
    }

    private static func digits(_ number: Int, _ width: Int) -> String {
        String(number, radix: 16).padded(to: width, with: "0")
    }
}
