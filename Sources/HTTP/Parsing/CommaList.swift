/// Walks the elements of a comma-separated field value (RFC 9110 5.6.1).
///
/// A cursor, not a sequence: the caller lends the bytes for each step, so that the cursor need not hold them.
public struct CommaList: Sendable {
    private var position: Int
    private let end: Int
    private let separator: UInt8
    private let keepsEmpty: Bool
    private var isDone = false

    /// Begins at the start of a list.
    ///
    /// - `keepsEmpty`: whether it has empty elements, too.
    public init(_ value: Range<Int>, separator: UInt8 = UInt8(ascii: ","), keepsEmpty: Bool = false) {
        position = value.lowerBound
        end = value.upperBound
        self.separator = separator
        self.keepsEmpty = keepsEmpty
    }

    /// The next element without white space around it, or nil after the last; empty elements are skipped.
    public mutating func next(in bytes: Span<UInt8>) -> Range<Int>? {
        while !isDone {
            let stop = endOfElement(bytes)
            let element = bytes.trimmed(position, stop)
            isDone = stop == end
            position = stop + 1
            if keepsEmpty || !element.isEmpty { return element }
        }
        return nil
    }

    /// A comma inside a quoted string does not separate elements (RFC 9110 5.6.4).
    private func endOfElement(_ bytes: Span<UInt8>) -> Int {
        var index = position
        while index < end, bytes[index] != separator {
            let isQuote = bytes[index] == ASCII.quote
            index = isQuote ? bytes.endOfQuotedString(from: index, to: end) ?? end : index + 1
        }
        return index
    }
}
