/// A request's trace, and the step of it that sent the request (W3C Trace Context 3.2, `traceparent`).
public struct TraceParent: Sendable, Equatable {
    /// The trace: 32 lower-case hexadecimal digits, not all of them 0.
    public let traceID: [UInt8]
    /// The step: 16 of them.
    public let parentID: [UInt8]
    /// Whether the caller may have recorded its part.
    public let isSampled: Bool

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
        (traceID, parentID) = (value.bytes(3..<35), value.bytes(36..<52))
        let isZero = { (digits: [UInt8]) in digits.allSatisfy { $0 == ASCII.zero } }
        if isZero(traceID) || isZero(parentID) { return nil }
        isSampled = (ASCII.hexDigit(value[54]) ?? 0) & 1 == 1
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
        for index in range {
            switch self[index] {
            case ASCII.zero...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): continue
            default: return false
            }
        }
        return true
    }

    fileprivate func bytes(_ range: Range<Int>) -> [UInt8] { range.map { self[$0] } }
}
