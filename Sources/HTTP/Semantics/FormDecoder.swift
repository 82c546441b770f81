/// Reads fields of a form in the encoding of browsers: `text=hello+world&more=%21` (WHATWG URL 5.1).
///
/// That encoding has no errors: a percent sign without two hexadecimal digits is a character like any other.
public struct FormDecoder: Sendable {
    private let body: Range<Int>

    /// A decoder for the form in this range of the bytes that its methods get.
    public init(_ body: Range<Int>) {
        self.body = body
    }

    /// The decoded value of the first field with the name, or nil if there is none.
    public func value(of name: String, in bytes: Span<UInt8>) -> [UInt8]? {
        var start = body.lowerBound
        while start < body.upperBound {
            let end = find(UInt8(ascii: "&"), in: bytes, start..<body.upperBound)
            let equals = find(UInt8(ascii: "="), in: bytes, start..<end)
            if decode(bytes, start..<equals).elementsEqual(name.utf8), end > start {
                return decode(bytes, min(equals + 1, end)..<end)
            }
            start = end + 1
        }
        return nil
    }

    private func find(_ byte: UInt8, in bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
        range.first { bytes[$0] == byte } ?? range.upperBound
    }

    private func decode(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            if let escaped = bytes.escapedByte(at: index, before: range.upperBound) {
                out.append(escaped)
                index += 3
            } else {
                out.append(byte == UInt8(ascii: "+") ? ASCII.space : byte)
                index += 1
            }
        }
        return out
    }
}
