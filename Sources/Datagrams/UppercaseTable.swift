/// The standard library's `uppercaseMapping` of each scalar beyond ASCII, by the bytes of its UTF-8.
///
/// A call of the standard library for each scalar takes ten times as long. The 64 scalars whose UTF-8 differs only in the
/// last byte are a row. The table keeps the rows with a letter that changes, 37 KB. The first text beyond ASCII makes the
/// table, in about two milliseconds.
struct UppercaseTable: Sendable {
    /// The one table.
    static let shared = UppercaseTable()

    /// The ranges that have letters with two cases, with room for later versions of Unicode; a test compares every scalar.
    private static let cased: [Range<UInt32>] = [
        0..<0x3000, 0xA000..<0xAC00, 0xFB00..<0x11000, 0x11800..<0x11900, 0x16E00..<0x17000, 0x1E900..<0x1EA00,
    ]

    /// The number of the row of each 64 scalars; 0 where none of them changes.
    private var rows = [UInt8](repeating: 0, count: 0x1F000 / 64)
    /// The rows, with the six bytes at most of each mapping, the first of them in the lowest bits.
    private var mappings = [UInt64](repeating: 0, count: 64)

    private init() {
        for range in Self.cased {
            for first in stride(from: range.lowerBound, to: range.upperBound, by: 64) { addRow(from: first) }
        }
    }

    private mutating func addRow(from first: UInt32) {
        let scalars = (first..<first + 64).map { Unicode.Scalar($0) ?? "\u{FFFD}" }
        guard scalars.contains(where: { $0.properties.uppercaseMapping != String($0) }) else { return }
        rows[Int(first / 64)] = UInt8(mappings.count / 64)
        for scalar in scalars {
            mappings.append(scalar.properties.uppercaseMapping.utf8.reversed().reduce(0) { $0 << 8 | UInt64($1) })
        }
    }

    /// Appends the upper case of one scalar of valid UTF-8 that is not ASCII; returns the offset of the next scalar.
    @inline(__always)
    func appendUppercase(
        ofScalarAt offset: Int, in text: Span<UInt8>, to reply: inout OutputSpan<UInt8>
    ) -> Int {
        let first = text[offset]
        let length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        // The bits of all bytes but the last: five, four or three in the first, six in each other (RFC 3629 3).
        var number = Int(first) & (0x7F >> length)
        for index in offset + 1..<offset + length - 1 { number = number << 6 | Int(text[index] & 0x3F) }
        let row = number < rows.count ? Int(rows[number]) : 0
        if row == 0 {
            for index in offset..<offset + length { reply.append(text[index]) }
        } else {
            var mapping = mappings[row << 6 | Int(text[offset + length - 1] & 0x3F)]
            repeat {
                reply.append(UInt8(truncatingIfNeeded: mapping))
                mapping >>= 8
            } while mapping != 0
        }
        return offset + length
    }
}
