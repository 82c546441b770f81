/// The client's preferences by its Accept fields (RFC 9110 12.4 and 12.5).
///
/// Qualities are in thousandths.
public enum Negotiation {
    /// The quality of a media type, `type/subtype` in lower case, by an Accept value; 0 means not acceptable.
    ///
    /// The most specific range that matches decides (12.5.1): the type itself, then `type/*`, then `*/*`.
    public static func quality(of type: String, accept bytes: Span<UInt8>) -> Int {
        let group = type.prefix { $0 != "/" } + "/*"
        var best = (rank: 0, quality: 0)
        var list = CommaList(0..<bytes.count)
        while let element = list.next(in: bytes) {
            guard let (name, quality) = weighted(bytes, element) else { continue }
            var rank = 0
            if bytes.matches(name, "*/*") { rank = 1 }
            if bytes.matches(name, String(group)) { rank = 2 }
            if bytes.matches(name, type) { rank = 3 }
            if rank > best.rank || rank > 0 && rank == best.rank && quality > best.quality { best = (rank, quality) }
        }
        return best.quality
    }

    /// A shorter Accept value cannot prefer one of this server's types to another.
    public static let shortestPreference = "application/*".utf8.count

    /// Whether the client prefers JSON to plain text.
    ///
    /// On a tie it gets text, as without the field.
    public static func prefersJSON(accept bytes: Span<UInt8>) -> Bool {
        // Only a range that names the type or its group prefers it; most requests have "*/*" or nothing.
        guard bytes.count >= shortestPreference else { return false }
        return quality(of: "application/json", accept: bytes) > quality(of: "text/plain", accept: bytes)
    }

    /// The seconds that a Prefer value allows for the answer: `wait=10` (RFC 7240 4.3).
    public static func wait(prefer bytes: Span<UInt8>) -> Int? {
        guard let seconds = preference("wait", in: bytes) else { return nil }
        return bytes.decimal(seconds)
    }

    /// Whether a Prefer value asks for an answer before the work is done: `respond-async` (RFC 7240 4.1).
    ///
    /// With a value it is another preference.
    public static func prefersAsync(prefer bytes: Span<UInt8>) -> Bool {
        preference("respond-async", in: bytes)?.isEmpty ?? false
    }

    /// The value of the preference with the name, without its quotes; nil where there is no such preference.
    ///
    /// An empty value is none, and of several instances only the first counts (RFC 7240 2).
    private static func preference(_ name: String, in bytes: Span<UInt8>) -> Range<Int>? {
        var list = CommaList(0..<bytes.count)
        while let preference = list.next(in: bytes) {
            var parts = CommaList(preference, separator: UInt8(ascii: ";"), keepsEmpty: true)
            guard let first = parts.next(in: bytes) else { continue }
            let (key, argument) = pair(bytes, first) ?? (first, first.upperBound..<first.upperBound)
            if bytes.matches(key, name) { return unquoted(bytes, argument) }
        }
        return nil
    }

    /// Splits an element and its weight: `text/html;level=1;q=0.5`.
    ///
    /// Nil if the weight is malformed.
    private static func weighted(_ bytes: Span<UInt8>, _ element: Range<Int>) -> (name: Range<Int>, quality: Int)? {
        var parts = CommaList(element, separator: UInt8(ascii: ";"), keepsEmpty: true)
        guard let name = parts.next(in: bytes) else { return nil }
        while let parameter = parts.next(in: bytes) {
            guard let (key, weight) = pair(bytes, parameter), bytes.matches(key, "q") else { continue }
            guard let quality = thousandths(bytes, weight) else { return nil }
            return (name, quality)
        }
        return (name, 1000)
    }

    /// `qvalue` (12.4.2): 0 or 1 with up to three decimals.
    private static func thousandths(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        guard let first = range.first, let whole = ASCII.digit(bytes[first]), whole <= 1, range.count <= 5 else {
            return nil
        }
        if range.count > 1, bytes[first + 1] != UInt8(ascii: ".") { return nil }
        var value = whole
        for index in first + 2..<first + 5 {
            guard index < range.upperBound else {
                value *= 10
                continue
            }
            guard let digit = ASCII.digit(bytes[index]) else { return nil }
            value = value * 10 + digit
        }
        return value <= 1000 ? value : nil
    }

    /// Splits `key=value`.
    private static func pair(_ bytes: Span<UInt8>, _ range: Range<Int>) -> (key: Range<Int>, value: Range<Int>)? {
        guard let equals = range.first(where: { bytes[$0] == UInt8(ascii: "=") }) else { return nil }
        return (bytes.trimmed(range.lowerBound, equals), bytes.trimmed(equals + 1, range.upperBound))
    }

    private static func unquoted(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        guard range.count >= 2, bytes[range.lowerBound] == ASCII.quote, bytes[range.upperBound - 1] == ASCII.quote
        else {
            return range
        }
        return range.lowerBound + 1..<range.upperBound - 1
    }
}
