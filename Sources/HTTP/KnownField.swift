/// The fields that somebody here reads; all others are checked and passed over.
public enum KnownField: UInt8, Sendable, CaseIterable {
    /// The host and port that the client wants (RFC 9110 7.2).
    case host
    /// Framing and connection management (RFC 9110 8.6, RFC 9112 6.1, RFC 9110 7.6.1 and 10.1.1).
    case contentLength, transferEncoding, connection, expect
    /// What the content is (RFC 9110 8.3 and 8.4).
    case contentType, contentEncoding
    /// What the client would like (RFC 9110 12.5, RFC 7240).
    case accept, acceptEncoding, prefer
    /// What a browser asks on behalf of another site's page (WHATWG Fetch 3.2).
    case origin, accessControlRequestMethod, accessControlRequestHeaders
    /// Whose page a browser asks for (W3C Fetch Metadata 2.3).
    case secFetchSite
    /// Conditional and partial requests (RFC 9110 13 and 14).
    case ifNoneMatch, ifModifiedSince, ifRange, range, ifMatch, ifUnmodifiedSince

    /// Recognises a name, letters in either case.
    ///
    /// The length leaves one or two candidates, and two or three comparisons of eight bytes decide.
    @inline(__always)
    init?(_ bytes: Span<UInt8>, from start: Int, to end: Int) {
        let length = end &- start
        let first = bytes.word(at: start).prefix(length).lowercasedToken
        if length <= 8 {
            guard let short = KnownField.short(length, first) else { return nil }
            self = short
            return
        }
        let last = bytes.word(at: end &- 8).lowercasedToken
        guard let long = KnownField.long(length, first, last, bytes, from: start) else { return nil }
        self = long
    }

    @inline(__always)
    private static func short(_ length: Int, _ name: UInt64) -> KnownField? {
        switch length {
        case 4: name == .padded("host") ? .host : nil
        case 5: name == .padded("range") ? .range : nil
        case 6:
            switch name {
            case .padded("accept"): .accept
            case .padded("expect"): .expect
            case .padded("prefer"): .prefer
            case .padded("origin"): .origin
            default: nil
            }
        case 8:
            switch name {
            case .padded("if-range"): .ifRange
            case .padded("if-match"): .ifMatch
            default: nil
            }
        default: nil
        }
    }

    @inline(__always)
    private static func long(
        _ length: Int, _ first: UInt64, _ last: UInt64, _ bytes: Span<UInt8>, from start: Int
    ) -> KnownField? {
        switch length {
        case 10: first == .padded("connecti") && last == .padded("nnection") ? .connection : nil
        case 12: first == .padded("content-") && last == .padded("ent-type") ? .contentType : nil
        case 13: first == .padded("if-none-") && last == .padded("ne-match") ? .ifNoneMatch : nil
        case 14: fourteen(first, last)
        case 15: first == .padded("accept-e") && last == .padded("encoding") ? .acceptEncoding : nil
        case 16: first == .padded("content-") && last == .padded("encoding") ? .contentEncoding : nil
        case 17: seventeen(first, last, bytes.word(at: start &+ 8).lowercasedToken)
        case 19: nineteen(first, last, bytes.word(at: start &+ 8).lowercasedToken)
        case 29, 30: accessControl(first, last, bytes, from: start)
        default: nil
        }
    }

    @inline(__always)
    private static func fourteen(_ first: UInt64, _ last: UInt64) -> KnownField? {
        switch (first, last) {
        case (.padded("content-"), .padded("t-length")): .contentLength
        case (.padded("sec-fetc"), .padded("tch-site")): .secFetchSite
        default: nil
        }
    }

    private static func seventeen(_ first: UInt64, _ last: UInt64, _ middle: UInt64) -> KnownField? {
        switch (first, middle, last) {
        case (.padded("transfer"), .padded("-encodin"), .padded("encoding")): .transferEncoding
        case (.padded("if-modif"), .padded("ied-sinc"), .padded("ed-since")): .ifModifiedSince
        default: nil
        }
    }

    private static func nineteen(_ first: UInt64, _ last: UInt64, _ middle: UInt64) -> KnownField? {
        switch (first, middle, last) {
        case (.padded("if-unmod"), .padded("ified-si"), .padded("ed-since")): .ifUnmodifiedSince
        default: nil
        }
    }

    private static func accessControl(
        _ first: UInt64, _ last: UInt64, _ bytes: Span<UInt8>, from start: Int
    ) -> KnownField? {
        let second = bytes.word(at: start &+ 8).lowercasedToken
        let third = bytes.word(at: start &+ 16).lowercasedToken
        guard first == .padded("access-c"), second == .padded("ontrol-r") else { return nil }
        if third == .padded("equest-m"), last == .padded("t-method") { return .accessControlRequestMethod }
        if third == .padded("equest-h"), last == .padded("-headers") { return .accessControlRequestHeaders }
        return nil
    }

    /// A bit for each field, for sets of them.
    @inline(__always)
    var bit: UInt32 { 1 &<< UInt32(rawValue) }

    /// Whether the field may come only once: its value is not a list, so that two of them say nothing (RFC 9110 5.3).
    @inline(__always)
    var isSingleton: Bool {
        switch self {
        case .host, .contentLength, .contentType, .origin, .accessControlRequestMethod, .secFetchSite: true
        case .ifModifiedSince, .ifUnmodifiedSince, .ifRange, .range: true
        default: false
        }
    }
}

extension UInt64 {
    /// A lower-case name as ``KnownField`` compares it: bytes beyond its end read as 0x20.
    @inline(__always)
    fileprivate static func padded(_ text: String) -> UInt64 { UInt64(ascii: text).lowercasedToken }
}
