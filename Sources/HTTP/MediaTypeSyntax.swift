extension MediaType {
    /// How many bytes `type/subtype` has at the front of a Content-Type value; nil when the value is no media type
    /// (RFC 9110 8.3.1).
    public static func nameLength(in value: Span<UInt8>) -> Int? {
        guard let slash = token(in: value, from: 0), slash < value.count, value[slash] == ASCII.slash,
            let end = token(in: value, from: slash + 1), areParameters(value, from: end)
        else { return nil }
        return end
    }

    /// Whether the rest is `*( OWS ";" OWS [ parameter ] )` (RFC 9110 5.6.6).
    private static func areParameters(_ value: Span<UInt8>, from start: Int) -> Bool {
        var index = start
        while index < value.count {
            index = value.skipBlanks(from: index, to: value.count)
            guard index < value.count, value[index] == UInt8(ascii: ";") else { return false }
            index = value.skipBlanks(from: index + 1, to: value.count)
            guard let equals = token(in: value, from: index) else { continue }
            guard equals < value.count, value[equals] == UInt8(ascii: "="),
                let end = token(in: value, from: equals + 1) ?? quotedString(in: value, from: equals + 1)
            else { return false }
            index = end
        }
        return true
    }

    /// Where the token that begins at the index ends; nil when none does.
    private static func token(in value: Span<UInt8>, from start: Int) -> Int? {
        let end = value.skip(.token, from: start, to: value.count)
        return end > start ? end : nil
    }

    /// Where the quoted string that begins at the index ends (RFC 9110 5.6.4); nil when none does.
    private static func quotedString(in value: Span<UInt8>, from start: Int) -> Int? {
        guard start < value.count, value[start] == ASCII.quote else { return nil }
        var index = start + 1
        while index < value.count, value[index] != ASCII.quote { index += value[index] == UInt8(ascii: "\\") ? 2 : 1 }
        return index < value.count ? index + 1 : nil
    }
}
