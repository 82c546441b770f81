/// The forms of a request target (RFC 9112 3.2).
extension RequestHead {
    /// Takes a target that is a bare path.
    @inline(__always)
    mutating func takePlainTarget(_ start: Int, _ end: Int) {
        target = ByteRange(start, end)
        targetForm = .origin
        path = target
        query = nil
    }

    /// Splits a target whose bytes are all allowed in their places; those before `plainEnd` need no further check.
    mutating func takeTarget(
        _ bytes: Span<UInt8>, _ start: Int, _ plainEnd: Int, _ end: Int
    ) throws(RequestError) {
        target = ByteRange(start, end)
        // RFC 9110 9.3.6: CONNECT is for proxies, so that a server without it has no use for its target either.
        guard method != .connect else { throw RequestError(.connectMethod, at: Int(methodRange.lower)) }
        targetForm = .origin
        guard bytes[start] == ASCII.slash else { return try takeOther(bytes, start..<end) }
        try takePath(bytes, start, plainEnd, end)
    }

    /// Takes an asterisk, or a URL.
    @inline(never)
    private mutating func takeOther(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(RequestError) {
        guard range.count == 1, bytes[range.lowerBound] == UInt8(ascii: "*") else { return try takeURL(bytes, range) }
        guard method == .options else { throw RequestError(.misplacedAsterisk, at: range.lowerBound) }
        targetForm = .asterisk
        path = target
        query = nil
    }

    /// Splits path and query, and refuses a percent sign without two hexadecimal digits (RFC 3986 2.1).
    private mutating func takePath(
        _ bytes: Span<UInt8>, _ start: Int, _ plainEnd: Int, _ stop: Int
    ) throws(RequestError) {
        var end = stop
        var index = plainEnd
        while index < stop {
            let byte = bytes[index]
            if byte == ASCII.questionMark, end == stop { end = index }
            if byte == ASCII.percent, !bytes.isEscape(at: index, before: stop) {
                throw RequestError(.malformedTarget, at: index)
            }
            index &+= 1
        }
        path = ByteRange(start, end)
        query = end < stop ? ByteRange(end &+ 1, stop) : nil
    }

    /// `http://authority/path?query` (RFC 9112 3.2.2), with the scheme in upper or lower case.
    private mutating func takeURL(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(RequestError) {
        guard let start = bytes.endOfScheme(range) else { throw RequestError(.malformedTarget, at: range.lowerBound) }
        let rest = start..<range.upperBound
        let end = rest.first { bytes[$0] == ASCII.slash || bytes[$0] == ASCII.questionMark } ?? rest.upperBound
        // RFC 9110 4.2.1: a server rejects a URL without a host; 4.2.4: also one with user information.
        guard bytes.isAuthority(start..<end) else { throw RequestError(.invalidAuthority, at: start) }
        targetForm = .absolute(authority: ByteRange(start, end))
        try takePath(bytes, end, end, range.upperBound)
        if path.range.isEmpty {
            // RFC 9110 4.2.3: an empty path means "/". Such a byte is already in the message, in front of the
            // authority.
            path = ByteRange(start - 1, start)
        }
    }
}

extension Span<UInt8> {
    /// The end of the target from the index on; a query may have more characters than the path.
    ///
    /// Some servers treat a backslash in a path as a slash (WHATWG URL 4.4); in a query no server does.
    @inline(__always)
    func endOfTarget(from start: Int, to end: Int) -> Int {
        let mark = skip(.path, from: start, to: end)
        guard mark < end, self[mark] == ASCII.questionMark else { return mark }
        return skip(.query, from: mark &+ 1, to: end)
    }

    /// The start of the authority, if the range begins with `http://` or `https://`.
    fileprivate func endOfScheme(_ range: Range<Int>) -> Int? {
        for scheme in ["http://", "https://"] {
            let end = range.lowerBound + scheme.utf8.count
            if end <= range.upperBound, matches(range.lowerBound..<end, scheme) { return end }
        }
        return nil
    }

    /// Whether a percent sign and two hexadecimal digits are at the index.
    func isEscape(at index: Int, before end: Int) -> Bool {
        escapedByte(at: index, before: end) != nil
    }
}
