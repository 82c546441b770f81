/// The fields that the gateway reads; all others are checked and skipped.
public enum KnownField: UInt8, Sendable, CaseIterable {
    /// The host and port that the client wants (RFC 9110 7.2).
    case host
    /// Framing and connection management (RFC 9110 8.6, RFC 9112 6.1, RFC 9110 7.6.1 and 10.1.1).
    case contentLength, transferEncoding, connection, expect
    /// Type and coding of the content (RFC 9110 8.3 and 8.4).
    case contentType, contentEncoding
    /// Preferences of the client (RFC 9110 12.5, RFC 7240).
    case accept, acceptEncoding, prefer
    /// Questions of a browser on behalf of another site's page (WHATWG Fetch 3.2).
    case origin, accessControlRequestMethod, accessControlRequestHeaders
    /// The site of the page that a browser asks for (W3C Fetch Metadata 2.3).
    case secFetchSite
    /// Conditional and partial requests (RFC 9110 13 and 14).
    case ifNoneMatch, ifModifiedSince, ifRange, range, ifMatch, ifUnmodifiedSince
    /// A request's identifiers: W3C Trace Context 3.2, and the field that proxies write.
    case traceparent, xRequestId
    /// Credentials of the client (RFC 9110 11.6.2).
    case authorization

    /// Reads a name up to its colon, after at least one line; nil if the colon has not arrived.
    @inline(__always)
    static func read(_ bytes: Span<UInt8>, at start: Int) throws(RequestError) -> (field: KnownField?, colon: Int)? {
        if let common = common(bytes, at: start) { return (common.field, start &+ common.length) }
        return try uncommon(bytes, at: start)
    }

    /// Recognises a name that comes with nearly every request, known or not, and its colon.
    ///
    /// It needs no scan, so that reading on need not wait until a scan has found the colon.
    @inline(__always)
    private static func common(_ bytes: Span<UInt8>, at start: Int) -> (field: KnownField?, length: Int)? {
        guard let words = bytes.twoWords(at: start) else { return nil }
        let name = words.first.lowercasedLetters
        let rest = words.second.lowercasedLetters
        switch name {
        case UInt64("u", "s", "e", "r", "-", "a", "g", "e"):
            if rest.prefix(3) == UInt64("n", "t", ":") { return (nil, 10) }
        case UInt64("c", "o", "n", "t", "e", "n", "t", "-"):
            if rest.prefix(7) == UInt64("l", "e", "n", "g", "t", "h", ":") { return (.contentLength, 14) }
            if rest.prefix(5) == UInt64("t", "y", "p", "e", ":") { return (.contentType, 12) }
        case UInt64("c", "o", "n", "n", "e", "c", "t", "i"):
            if rest.prefix(3) == UInt64("o", "n", ":") { return (.connection, 10) }
        case UInt64("a", "c", "c", "e", "p", "t", "-", "e"):
            if rest == UInt64("n", "c", "o", "d", "i", "n", "g", ":") { return (.acceptEncoding, 15) }
        case UInt64("a", "c", "c", "e", "p", "t", "-", "l"):
            if rest == UInt64("a", "n", "g", "u", "a", "g", "e", ":") { return (nil, 15) }
        case UInt64("s", "e", "c", "-", "f", "e", "t", "c"):
            if rest.prefix(7) == UInt64("h", "-", "s", "i", "t", "e", ":") { return (.secFetchSite, 14) }
            if rest.prefix(7) == UInt64("h", "-", "m", "o", "d", "e", ":") { return (nil, 14) }
            if rest.prefix(7) == UInt64("h", "-", "d", "e", "s", "t", ":") { return (nil, 14) }
        default:
            if name.prefix(5) == UInt64("h", "o", "s", "t", ":") { return (.host, 4) }
            if name.prefix(7) == UInt64("a", "c", "c", "e", "p", "t", ":") { return (.accept, 6) }
            if name.prefix(7) == UInt64("o", "r", "i", "g", "i", "n", ":") { return (.origin, 6) }
        }
        return nil
    }

    /// Scans a name, and recognises it if it is one of the rarer ones.
    @inline(never)
    private static func uncommon(
        _ bytes: Span<UInt8>, at start: Int
    ) throws(RequestError) -> (field: KnownField?, colon: Int)? {
        guard let colon = try FieldLine.endOfName(bytes, at: start) else { return nil }
        return (KnownField(bytes, from: start, to: colon), colon)
    }

    /// Recognises a name in upper or lower case, after at least one line.
    ///
    /// The length leaves a few candidates, and comparisons of eight bytes decide. Common names are among them, too: the
    /// shortcut does not look for them where fewer than sixteen bytes have arrived.
    @inline(__always)
    private init?(_ bytes: Span<UInt8>, from start: Int, to end: Int) {
        let length = end &- start
        // The last eight bytes of the name; all of a shorter one.
        let last = bytes.wholeWord(at: end &- 8)
        guard length > 8 else {
            let name = (last &>> UInt64(truncatingIfNeeded: (8 &- length) &* 8)).lowercasedToken
            switch (length, name) {
            case (4, .name("h", "o", "s", "t")): self = .host
            case (5, .name("r", "a", "n", "g", "e")): self = .range
            case (6, .name("a", "c", "c", "e", "p", "t")): self = .accept
            case (6, .name("e", "x", "p", "e", "c", "t")): self = .expect
            case (6, .name("p", "r", "e", "f", "e", "r")): self = .prefer
            case (6, .name("o", "r", "i", "g", "i", "n")): self = .origin
            case (8, .name("i", "f", "-", "r", "a", "n", "g", "e")): self = .ifRange
            case (8, .name("i", "f", "-", "m", "a", "t", "c", "h")): self = .ifMatch
            default: return nil
            }
            return
        }
        let first = bytes.wholeWord(at: start).lowercasedToken
        switch (length, last.lowercasedToken) {
        case (10, .name("n", "n", "e", "c", "t", "i", "o", "n")):
            guard first == .name("c", "o", "n", "n", "e", "c", "t", "i") else { return nil }
            self = .connection
        case (11, .name("c", "e", "p", "a", "r", "e", "n", "t")):
            guard first == .name("t", "r", "a", "c", "e", "p", "a", "r") else { return nil }
            self = .traceparent
        case (12, .name("q", "u", "e", "s", "t", "-", "i", "d")):
            guard first == .name("x", "-", "r", "e", "q", "u", "e", "s") else { return nil }
            self = .xRequestId
        case (12, .name("e", "n", "t", "-", "t", "y", "p", "e")):
            guard first == .name("c", "o", "n", "t", "e", "n", "t", "-") else { return nil }
            self = .contentType
        case (13, .name("n", "e", "-", "m", "a", "t", "c", "h")):
            guard first == .name("i", "f", "-", "n", "o", "n", "e", "-") else { return nil }
            self = .ifNoneMatch
        case (13, .name("r", "i", "z", "a", "t", "i", "o", "n")):
            guard first == .name("a", "u", "t", "h", "o", "r", "i", "z") else { return nil }
            self = .authorization
        case (14, .name("t", "-", "l", "e", "n", "g", "t", "h")):
            guard first == .name("c", "o", "n", "t", "e", "n", "t", "-") else { return nil }
            self = .contentLength
        case (14, .name("t", "c", "h", "-", "s", "i", "t", "e")):
            guard first == .name("s", "e", "c", "-", "f", "e", "t", "c") else { return nil }
            self = .secFetchSite
        case (15, .name("e", "n", "c", "o", "d", "i", "n", "g")):
            guard first == .name("a", "c", "c", "e", "p", "t", "-", "e") else { return nil }
            self = .acceptEncoding
        case (16, .name("e", "n", "c", "o", "d", "i", "n", "g")):
            guard first == .name("c", "o", "n", "t", "e", "n", "t", "-") else { return nil }
            self = .contentEncoding
        default:
            guard length >= 17, let field = KnownField.long(bytes, start..<end) else { return nil }
            self = field
        }
    }

    /// Recognises a name of at least seventeen letters, which no client sends with every request.
    @inline(never)
    private static func long(_ bytes: Span<UInt8>, _ name: Range<Int>) -> KnownField? {
        switch name.count {
        case 17 where bytes.matches(name, "transfer-encoding"): .transferEncoding
        case 17 where bytes.matches(name, "if-modified-since"): .ifModifiedSince
        case 19 where bytes.matches(name, "if-unmodified-since"): .ifUnmodifiedSince
        case 29 where bytes.matches(name, "access-control-request-method"): .accessControlRequestMethod
        case 30 where bytes.matches(name, "access-control-request-headers"): .accessControlRequestHeaders
        default: nil
        }
    }

    /// The field's bit, for sets of fields.
    @inlinable
    var bit: UInt32 { 1 &<< UInt32(rawValue) }

    /// Whether the field concerns the message itself, so that the parser reads it with the head.
    @inline(__always)
    var isJudged: Bool { rawValue <= KnownField.expect.rawValue }

    /// Whether the field may come only once: its value is not a list, so that two of them have no meaning (RFC 9110
    /// 5.3).
    @inline(__always)
    var isSingleton: Bool {
        switch self {
        case .host, .contentLength, .contentType, .origin, .accessControlRequestMethod, .secFetchSite, .authorization:
            true
        case .ifModifiedSince, .ifUnmodifiedSince, .ifRange, .range: true
        default: false
        }
    }
}

extension UInt64 {
    /// A lower-case name in the form that ``KnownField`` compares: bytes beyond its end read as 0x20.
    @inline(__always)
    fileprivate static func name(
        _ a: Unicode.Scalar, _ b: Unicode.Scalar, _ c: Unicode.Scalar = "\0", _ d: Unicode.Scalar = "\0",
        _ e: Unicode.Scalar = "\0", _ f: Unicode.Scalar = "\0", _ g: Unicode.Scalar = "\0", _ h: Unicode.Scalar = "\0"
    ) -> UInt64 { UInt64(a, b, c, d, e, f, g, h).lowercasedToken }
}
