/// The framing by Content-Length and Transfer-Encoding together (RFC 9112 6).
///
/// Two servers that disagree about the end of a request can be made to see different requests (RFC 9112 11.2). So this
/// type refuses everything ambiguous, also where the RFC allows a repair.
struct FramingFields: Sendable {
    private var length: Int?
    private var lengthStart: UInt32 = 0
    private var codings: UInt8 = 0
    private var chunkedCodings: UInt8 = 0
    private var endsChunked = false
    private var codingStart: UInt32 = 0

    /// One or more digits and nothing else (RFC 9110 8.6); lists of equal numbers are refused too.
    @inline(__always)
    mutating func takeLength(_ bytes: Span<UInt8>, _ value: Range<Int>) throws(RequestError) {
        guard let number = bytes.decimal(value) else { throw RequestError(.malformedLength, at: value.lowerBound) }
        length = number
        lengthStart = UInt32(truncatingIfNeeded: value.lowerBound)
    }

    /// Counts the codings in order; several fields make one list (RFC 9110 5.3).
    ///
    /// RFC 9110 5.6.1 tolerates empty elements in lists. This list has none: `,chunked` has no use but an attack.
    mutating func takeCodings(_ bytes: Span<UInt8>, _ value: Range<Int>) throws(RequestError) {
        codingStart = UInt32(truncatingIfNeeded: value.lowerBound)
        var list = CommaList(value, keepsEmpty: true)
        while let coding = list.next(in: bytes) {
            guard !coding.isEmpty else { throw RequestError(.malformedCoding, at: coding.lowerBound) }
            endsChunked = bytes.matches(coding, "chunked")
            codings = codings == .max ? .max : codings + 1
            if endsChunked { chunkedCodings = chunkedCodings == .max ? .max : chunkedCodings + 1 }
        }
    }

    /// The framing, once all fields are known.
    @inline(__always)
    func resolve(inOldVersion isOld: Bool, maxBody: Int) throws(RequestError) -> Framing {
        if codings > 0 { return try resolveCodings(inOldVersion: isOld) }
        guard let length else { return .none }
        guard length <= maxBody else { throw RequestError(.bodyTooLarge, at: Int(lengthStart)) }
        return .length(length)
    }

    @inline(never)
    private func resolveCodings(inOldVersion isOld: Bool) throws(RequestError) -> Framing {
        let start = Int(codingStart)
        guard length == nil else { throw RequestError(.lengthAndCoding, at: start) }
        // RFC 9112 6.1: a transfer coding in HTTP/1.0 is faulty framing.
        guard !isOld else { throw RequestError(.codingInOldVersion, at: start) }
        guard chunkedCodings < 2 else { throw RequestError(.chunkedTwice, at: start) }
        // RFC 9112 6.3: without a final chunked coding the content has no known end.
        guard endsChunked else { throw RequestError(.chunkedNotFinal, at: start) }
        guard codings == 1 else { throw RequestError(.unknownCoding, at: start) }
        return .chunked
    }
}

/// The persistence by the Connection fields (RFC 9112 9.3).
struct Persistence: Sendable {
    private var close = false
    private var keepAlive = false

    mutating func take(_ bytes: Span<UInt8>, _ value: Range<Int>) {
        // Nearly always the value is a single option, and one of these.
        if takeOption(bytes, value) { return }
        var list = CommaList(value)
        while let option = list.next(in: bytes) { _ = takeOption(bytes, option) }
    }

    /// Records an option, if it is one of the known ones.
    private mutating func takeOption(_ bytes: Span<UInt8>, _ option: Range<Int>) -> Bool {
        let start = option.lowerBound
        let word = bytes.word(at: start).lowercasedLetters
        if option.count == 5, word.prefix(5) == UInt64("c", "l", "o", "s", "e") {
            close = true
            return true
        }
        if option.count == 10, word == UInt64("k", "e", "e", "p", "-", "a", "l", "i"),
            bytes.word(at: start &+ 2).lowercasedLetters == UInt64("e", "p", "-", "a", "l", "i", "v", "e")
        {
            keepAlive = true
            return true
        }
        return false
    }

    /// HTTP/1.1 persists unless told to close, HTTP/1.0 closes unless told to persist.
    func keepsAlive(inOldVersion isOld: Bool) -> Bool { !close && (!isOld || keepAlive) }

    /// Whether the client asked for a persistent connection.
    var isAskedFor: Bool { keepAlive }
}

/// The expectation by the Expect fields (RFC 9110 10.1.1).
struct Expectation: Sendable {
    private var wantsContinue = false
    private var unknownStart: UInt32?

    mutating func take(_ bytes: Span<UInt8>, _ value: Range<Int>) {
        var list = CommaList(value)
        while let member = list.next(in: bytes) {
            if bytes.matches(member, "100-continue") {
                wantsContinue = true
            } else if unknownStart == nil {
                unknownStart = UInt32(truncatingIfNeeded: member.lowerBound)
            }
        }
    }

    /// Whether `100 Continue` is due; without content it is not.
    func wantsContinue(before framing: Framing) throws(RequestError) -> Bool {
        if let unknownStart { throw RequestError(.unknownExpectation, at: Int(unknownStart)) }
        return wantsContinue && framing != .none && framing != .length(0)
    }
}
