/// A request's trace (W3C Trace Context 3.2, `traceparent`).
public struct TraceParent: Sendable, Equatable {
    /// The trace: 32 lower-case hexadecimal digits, not all of them 0.
    public let traceID: [UInt8]

    /// The length of a value of version 00, and of the part that all versions share.
    private static let length = 55

    /// Reads a value; nil where the specification says to ignore it.
    ///
    /// A higher version may have more after a hyphen; its first part has the same meaning (Trace Context 4.3).
    public init?(_ value: Span<UInt8>) {
        guard value.count >= Self.length, value.isLowerHex(0..<2), value.isLowerHex(3..<35),
            value.isLowerHex(36..<52), value.isLowerHex(53..<55),
            [2, 35, 52].allSatisfy({ value[$0] == UInt8(ascii: "-") })
        else { return nil }
        let version = (value[0], value[1])
        if version == (UInt8(ascii: "f"), UInt8(ascii: "f")) { return nil }
        let isFirst = version == (ASCII.zero, ASCII.zero)
        if value.count > Self.length, isFirst || value[Self.length] != UInt8(ascii: "-") { return nil }
        if value.isZero(3..<35) || value.isZero(36..<52) { return nil }
        traceID = (3..<35).map { value[$0] }
    }
}

/// The identifier that a caller or a proxy gave a request (`X-Request-Id`): a token, so that it can be repeated
/// anywhere.
public enum RequestID {
    /// Whether the value is a token of at most `limit` bytes.
    public static func isValid(_ value: Span<UInt8>, limit: Int) -> Bool {
        guard !value.isEmpty, value.count <= limit else { return false }
        for index in value.indices where !ByteClass.token.contains(value[index]) { return false }
        return true
    }
}

extension Span<UInt8> {
    fileprivate func isLowerHex(_ range: Range<Int>) -> Bool {
        range.allSatisfy { ByteClass.hex.contains(self[$0]) && self[$0] == self[$0].lowercased }
    }

    fileprivate func isZero(_ range: Range<Int>) -> Bool { range.allSatisfy { self[$0] == ASCII.zero } }
}
