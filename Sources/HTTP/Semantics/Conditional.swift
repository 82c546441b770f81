/// Conditional requests: whether the client's copy is still good (RFC 9110 13).
public enum Conditional {
    /// Whether an If-Match value names the strong entity tag, quotes included, or is `*`.
    ///
    /// The comparison is strong, as RFC 9110 13.1.1 requires: `W/"a"` does not match `"a"`.
    public static func ifMatch(_ bytes: Span<UInt8>, _ value: Range<Int>, matches tag: Span<UInt8>) -> Bool {
        if bytes.matches(value, "*") { return true }
        var list = EntityTagList(position: value.lowerBound, end: value.upperBound)
        while let candidate = list.next(in: bytes) {
            if !candidate.isWeak, bytes.equals(candidate.tag, tag) { return true }
        }
        return false
    }

    /// Whether the file is unchanged since an If-Unmodified-Since date; an invalid date asks for nothing (13.1.4).
    public static func ifUnmodifiedSince(
        _ bytes: Span<UInt8>, _ value: Range<Int>, lastModified: HTTPDate, now: Int64
    ) -> Bool {
        guard let since = HTTPDate(bytes, value, now: now) else { return true }
        return lastModified.unixSeconds <= since.unixSeconds
    }

    /// Whether an If-None-Match value names the strong entity tag, quotes included, or is `*`.
    ///
    /// The comparison is weak, as RFC 9110 13.1.2 requires: `W/"a"` matches `"a"`.
    public static func ifNoneMatch(_ bytes: Span<UInt8>, _ value: Range<Int>, matches tag: Span<UInt8>) -> Bool {
        if bytes.matches(value, "*") { return true }
        var list = EntityTagList(position: value.lowerBound, end: value.upperBound)
        while let candidate = list.next(in: bytes) {
            if bytes.equals(candidate.tag, tag) { return true }
        }
        return false
    }

    /// Whether the file is unchanged since an If-Modified-Since date; an invalid date asks for nothing (13.1.3).
    public static func ifModifiedSince(
        _ bytes: Span<UInt8>, _ value: Range<Int>, lastModified: HTTPDate, now: Int64
    ) -> Bool {
        guard let since = HTTPDate(bytes, value, now: now) else { return false }
        return lastModified.unixSeconds <= since.unixSeconds
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
        guard start < end, bytes[start] == ASCII.quote else { return nil }
        var close = start + 1
        while close < end, bytes[close] != ASCII.quote { close += 1 }
        guard close < end else { return nil }
        position = close + 1
        return (start..<position, isWeak)
    }
}

extension Span<UInt8> {
    /// Whether the range holds exactly the other bytes.
    func equals(_ range: Range<Int>, _ other: Span<UInt8>) -> Bool {
        guard range.count == other.count else { return false }
        for index in other.indices where self[range.lowerBound + index] != other[index] { return false }
        return true
    }
}
