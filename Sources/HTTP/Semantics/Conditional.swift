/// Conditional requests: whether the client's copy is still good (RFC 9110 13).
public enum Conditional {
    /// Whether the value of If-Match or If-None-Match names the strong entity tag, quotes included, or is `*`.
    ///
    /// - `weakly`: whether `W/"a"` matches `"a"`: in If-None-Match (RFC 9110 13.1.2), and not in If-Match (13.1.1).
    public static func names(_ value: Span<UInt8>, _ tag: Span<UInt8>, weakly: Bool) -> Bool {
        if value.matches(0..<value.count, "*") { return true }
        var list = EntityTagList(position: 0, end: value.count)
        while let candidate = list.next(in: value) {
            if weakly || !candidate.isWeak, value.equals(candidate.tag, tag) { return true }
        }
        return false
    }

    /// Whether a resource is unchanged since the date of If-Modified-Since or If-Unmodified-Since; nil where the date is
    /// invalid, which asks for nothing (13.1.3 and 13.1.4).
    public static func isUnchanged(_ lastModified: HTTPDate, since value: Span<UInt8>, now: Int64) -> Bool? {
        HTTPDate(value, 0..<value.count, now: now).map { lastModified.unixSeconds <= $0.unixSeconds }
    }

    /// Whether an If-Range value names the current file, so that a range of it may be sent (13.1.5).
    ///
    /// The comparison is strong: a weak tag never matches, and a date must be equal.
    public static func ifRange(
        _ bytes: Span<UInt8>, _ value: Range<Int>, matches tag: Span<UInt8>, lastModified: HTTPDate?, now: Int64
    ) -> Bool {
        if bytes.equals(value, tag) { return true }
        guard let lastModified, let date = HTTPDate(bytes, value, now: now) else { return false }
        return date == lastModified
    }
}

/// Walks a list of entity tags (RFC 9110 8.8.3).
///
/// A tag has no escapes, so that a comma or backslash in it has no special meaning.
struct EntityTagList {
    var position: Int
    let end: Int

    /// The next tag with its quotes; nil at the end, and at a malformed tag.
    mutating func next(in bytes: Span<UInt8>) -> (tag: Range<Int>, isWeak: Bool)? {
        position = bytes.skipBlanks(from: position, to: end)
        while position < end, bytes[position] == ASCII.comma {
            position = bytes.skipBlanks(from: position + 1, to: end)
        }
        let isWeak = position + 1 < end && bytes[position] == UInt8(ascii: "W") && bytes[position + 1] == ASCII.slash
        let start = position + (isWeak ? 2 : 0)
        guard start < end, bytes[start] == ASCII.quote,
            let close = (start + 1..<end).first(where: { bytes[$0] == ASCII.quote })
        else { return nil }
        position = close + 1
        return (start..<position, isWeak)
    }
}

extension Span<UInt8> {
    /// Whether the range holds exactly the other bytes.
    func equals(_ range: Range<Int>, _ other: Span<UInt8>) -> Bool {
        range.count == other.count && begins(with: other, at: range.lowerBound)
    }
}
