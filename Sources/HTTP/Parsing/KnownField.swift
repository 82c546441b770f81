/// The fields that the gateway reads; all others are checked and skipped.
public enum KnownField: UInt8, Sendable, CaseIterable {
    /// The host and port that the client wants (RFC 9110 7.2).
    case host
    /// Framing and connection management (RFC 9110 8.6, RFC 9112 6.1, RFC 9110 7.6.1 and 10.1.1).
    case contentLength, transferEncoding, connection, expect
    /// Type and coding of the content (RFC 9110 8.3 and 8.4).
    case contentType, contentEncoding
    /// Preferences of the client (RFC 9110 12.5.1, RFC 7240).
    case accept, prefer
    /// Questions of a browser on behalf of another site's page (WHATWG Fetch 3.2).
    case origin, accessControlRequestMethod
    /// The site of the page that a browser asks for (W3C Fetch Metadata 2.3).
    case secFetchSite
    /// Conditional and partial requests (RFC 9110 13 and 14).
    case ifNoneMatch, ifModifiedSince, ifRange, range, ifMatch, ifUnmodifiedSince
    /// A request's identifiers: W3C Trace Context 3.2, and the field that proxies write.
    case traceparent, xRequestId
    /// Credentials of the client (RFC 9110 11.6.2).
    case authorization

    /// The name, in lower case.
    var name: String {
        switch self {
        case .host: "host"
        case .contentLength: "content-length"
        case .transferEncoding: "transfer-encoding"
        case .connection: "connection"
        case .expect: "expect"
        case .contentType: "content-type"
        case .contentEncoding: "content-encoding"
        case .accept: "accept"
        case .prefer: "prefer"
        case .origin: "origin"
        case .accessControlRequestMethod: "access-control-request-method"
        case .secFetchSite: "sec-fetch-site"
        case .ifNoneMatch: "if-none-match"
        case .ifModifiedSince: "if-modified-since"
        case .ifRange: "if-range"
        case .range: "range"
        case .ifMatch: "if-match"
        case .ifUnmodifiedSince: "if-unmodified-since"
        case .traceparent: "traceparent"
        case .xRequestId: "x-request-id"
        case .authorization: "authorization"
        }
    }

    /// Reads a name up to its colon; nil if the colon has not arrived.
    @inline(__always)
    static func read(_ bytes: Span<UInt8>, at start: Int) throws(RequestError) -> (field: KnownField?, colon: Int)? {
        if let common = common(bytes, at: start) { return (common.field, start &+ common.length) }
        return try uncommon(bytes, at: start)
    }

    /// Recognises a name that comes with nearly every request, known or not, and its colon.
    ///
    /// It needs no scan, so that reading on need not wait until a scan has found the colon: by ``uncommon(_:at:)`` alone a head
    /// of three fields costs a quarter more.
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
            if rest == UInt64("n", "c", "o", "d", "i", "n", "g", ":") { return (nil, 15) }
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
        let length = colon - start
        guard length < byLength.count else { return (nil, colon) }
        return (byLength[length].first { bytes.matches(start..<colon, $0.name) }, colon)
    }

    /// The fields by the length of their names.
    private static let byLength: [[KnownField]] = {
        var fields: [[KnownField]] = []
        for field in allCases {
            while fields.count <= field.name.utf8.count { fields.append([]) }
            fields[field.name.utf8.count].append(field)
        }
        return fields
    }()

    /// The field's bit, for sets of fields.
    @inlinable
    var bit: UInt32 { 1 &<< UInt32(rawValue) }

    /// Whether the field concerns the message itself, so that the parser reads it with the head.
    @inline(__always)
    var isJudged: Bool { rawValue <= KnownField.expect.rawValue }

    /// Whether the field may come only once: its value is not a list, so that two of them have no meaning (RFC 9110
    /// 5.3).
    ///
    /// Ranges and dates are not among them: two of those ask for nothing (RFC 9110 13.1.3, 13.1.4 and 14.2).
    @inline(__always)
    var isSingleton: Bool {
        switch self {
        case .host, .contentLength, .contentType, .origin, .accessControlRequestMethod, .secFetchSite, .authorization:
            true
        default: false
        }
    }
}
