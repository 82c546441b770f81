/// A Range field applied to content of a known length (RFC 9110 14.1.2 and 14.2).
public enum RangeRequest: Sendable, Equatable {
    /// Send these bytes, with 206.
    case satisfiable(Range<Int>)
    /// The content has no such bytes: 416, with `Content-Range: bytes */length`.
    case unsatisfiable
    /// Another unit, several ranges, an invalid value, or the end of empty content, which 206 cannot express: the server
    /// sends everything, as RFC 9110 14.2 permits.
    case ignored

    /// Reads the value: `bytes=first-last`, `bytes=first-` or `bytes=-count`.
    public init(_ bytes: Span<UInt8>, _ value: Range<Int>, length: Int) {
        let unit = "bytes="
        let start = value.lowerBound + unit.utf8.count
        guard start < value.upperBound, bytes.matches(value.lowerBound..<start, unit),
            let hyphen = (start..<value.upperBound).first(where: { bytes[$0] == UInt8(ascii: "-") })
        else {
            self = .ignored
            return
        }
        let first = bytes.trimmed(start, hyphen)
        let last = bytes.trimmed(hyphen + 1, value.upperBound)
        self = first.isEmpty ? .suffix(bytes, last, length) : .from(bytes, first, last, length)
    }

    private static func suffix(_ bytes: Span<UInt8>, _ count: Range<Int>, _ length: Int) -> RangeRequest {
        guard let count = bytes.bounded(count) else { return .ignored }
        guard count > 0 else { return .unsatisfiable }
        // RFC 9110 14.1.2: it is satisfiable.
        guard length > 0 else { return .ignored }
        return .satisfiable(max(0, length - count)..<length)
    }

    private static func from(
        _ bytes: Span<UInt8>, _ first: Range<Int>, _ last: Range<Int>, _ length: Int
    ) -> RangeRequest {
        guard let first = bytes.bounded(first) else { return .ignored }
        guard let last = last.isEmpty ? Int.max : bytes.bounded(last), last >= first else { return .ignored }
        guard first < length else { return .unsatisfiable }
        return .satisfiable(first..<min(last, length - 1) + 1)
    }
}

extension Span<UInt8> {
    /// A decimal number, at most `Int.max`: a range may name positions far beyond the end.
    fileprivate func bounded(_ range: Range<Int>) -> Int? {
        if let number = decimal(range) { return number }
        let isNumber = !range.isEmpty && range.allSatisfy { ASCII.digit(self[$0]) != nil }
        return isNumber ? Int.max : nil
    }
}
