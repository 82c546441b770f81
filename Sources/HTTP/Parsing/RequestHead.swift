/// The method of a request (RFC 9110 9.3, RFC 5789, and QUERY of draft-ietf-httpbis-safe-method-w-body); the token is
/// case-sensitive.
public enum Method: Sendable, Equatable {
    /// A method that this server knows by name.
    case get, head, post, put, delete, connect, options, trace, patch, query
    /// Any other token; its answer is 501 (RFC 9110 9.1), which the responder gives.
    case unknown

    @inline(__always)
    init(_ bytes: Span<UInt8>, from start: Int, to end: Int) {
        let length = end &- start
        let name = length <= 8 ? bytes.word(at: start).prefix(length) : 0
        switch name {
        case UInt64("G", "E", "T"): self = .get
        case UInt64("P", "O", "S", "T"): self = .post
        case UInt64("H", "E", "A", "D"): self = .head
        case UInt64("P", "U", "T"): self = .put
        case UInt64("D", "E", "L", "E", "T", "E"): self = .delete
        case UInt64("C", "O", "N", "N", "E", "C", "T"): self = .connect
        case UInt64("O", "P", "T", "I", "O", "N", "S"): self = .options
        case UInt64("T", "R", "A", "C", "E"): self = .trace
        case UInt64("P", "A", "T", "C", "H"): self = .patch
        case UInt64("Q", "U", "E", "R", "Y"): self = .query
        default: self = .unknown
        }
    }
}

/// A range of bytes in half the memory, counted from the first byte of the message.
public struct ByteRange: Sendable, Equatable {
    /// The first byte.
    public var lower: UInt32
    /// The byte after the last.
    public var upper: UInt32

    @inline(__always)
    init(_ lower: Int, _ upper: Int) {
        self.lower = UInt32(truncatingIfNeeded: lower)
        self.upper = UInt32(truncatingIfNeeded: upper)
    }

    static let absent = ByteRange(0, 0)

    /// The range as an index of a span.
    @inlinable public var range: Range<Int> { Int(lower)..<Int(upper) }
}

/// The form of a request target (RFC 9112 3.2).
///
/// The parser refuses the fourth form, the authority form of CONNECT.
public enum TargetForm: Sendable, Equatable {
    /// A path, perhaps with a query.
    case origin
    /// A whole URL; its authority counts, and the Host field does not (RFC 9112 3.2.2).
    case absolute(authority: ByteRange)
    /// An asterisk: OPTIONS for the server as a whole.
    case asterisk
}

/// The delimitation of the content (RFC 9112 6.3).
public enum Framing: Sendable, Equatable {
    /// No content follows.
    case none
    /// This many bytes follow.
    case length(Int)
    /// Chunks follow, for ``ChunkedDecoder``.
    case chunked
}

/// A request line and its fields: their places in the received bytes, and their meaning.
///
/// All offsets count from the first byte passed to ``RequestParser``.
public struct RequestHead: Sendable {
    /// The method.
    public var method = Method.unknown
    /// The method's range.
    public var methodRange = ByteRange.absent
    /// The whole target's range.
    public var target = ByteRange.absent
    /// The form of the target.
    public var targetForm = TargetForm.origin
    /// The path's range, without the query.
    ///
    /// Never empty: a URL without a path has the path `/`.
    public var path = ByteRange.absent
    /// The query's range, without its question mark.
    public var query: ByteRange?
    /// 0 or 1; a higher minor version is served as 1 (RFC 9110 2.5).
    public var minorVersion: UInt8 = 1
    /// The delimitation of the content.
    public var framing = Framing.none
    /// Whether another request may follow on the connection (RFC 9112 9.3).
    public var keepsAlive = true
    /// Whether the client asked for that with `Connection: keep-alive`, which HTTP/1.0 must and HTTP/1.1 may.
    public var asksToKeepAlive = false
    /// Whether the client waits for `100 Continue` before it sends its content (RFC 9110 10.1.1).
    public var expectsContinue = false
    /// The bytes of the head, with skipped empty lines and the blank line: the content begins after them.
    public var length = 0

    /// One bit for each field of the message; `values` of other fields are left over from earlier messages.
    @usableFromInline var present: UInt32 = 0
    /// One bit for each field that came in several lines.
    @usableFromInline var repeated: UInt32 = 0
    @usableFromInline var values = InlineArray<21, ByteRange>(repeating: .absent)

    /// An empty head.
    public init() {}

    /// Resets the value for another message, without writing all of it.
    @inline(__always)
    mutating func forget() {
        present = 0
        repeated = 0
        length = 0
        expectsContinue = false
    }

    /// The range of a field's value, without white space around it; of several such fields, the first one's.
    ///
    /// Fields that may come only once have come only once: see ``RequestError/Reason/repeatedField``.
    @inlinable
    public func range(of field: KnownField) -> Range<Int>? {
        guard has(field) else { return nil }
        return values[Int(field.rawValue)].range
    }

    /// The range of the request's authority: the target's if it has one, and else the Host field's, which may be empty
    /// (RFC 9112 3.2.2 and 3.3); nil where HTTP/1.0 has neither.
    public var authority: Range<Int>? {
        if case .absolute(let authority) = targetForm { return authority.range }
        return range(of: .host)
    }

    /// Whether the field came.
    @inlinable
    public func has(_ field: KnownField) -> Bool { present & field.bit != 0 }

    /// Whether a browser names the origin of its request: its user, or a page of this or another site.
    @inlinable
    public var namesPage: Bool { present & (KnownField.origin.bit | KnownField.secFetchSite.bit) != 0 }

    /// Whether the caller has sent an identifier of the request.
    @inlinable
    public var isNamed: Bool { present & (KnownField.traceparent.bit | KnownField.xRequestId.bit) != 0 }

    /// Whether a list field came in several lines: its value is then that of ``list(of:in:)``.
    @inlinable
    public func isRepeated(_ field: KnownField) -> Bool { repeated & field.bit != 0 }

    /// The values of all lines of a field, joined with commas to one list (RFC 9110 5.3).
    ///
    /// - `message`: the bytes that this head was read from. The method reads them again, since hardly any request needs
    ///   it.
    public func list(of field: KnownField, in message: Span<UInt8>) -> [UInt8] {
        var list: [UInt8] = []
        // The target is followed by " HTTP/1.1" and a line end.
        var position = Int(target.upper) + 11
        while position < length - 2, let name = try? KnownField.read(message, at: position),
            let line = try? FieldLine.cut(message, after: name.colon)
        {
            position = line.next
            guard name.field == field else { continue }
            if !list.isEmpty { list.append(ASCII.comma) }
            for index in line.value { list.append(message[index]) }
        }
        return list
    }

    /// Stores the value of a field, unless there is one already.
    @inline(__always)
    mutating func record(_ field: KnownField, _ start: Int, _ end: Int) throws(RequestError) {
        guard !has(field) else {
            guard !field.isSingleton else { throw RequestError(.repeatedField, at: start) }
            repeated |= field.bit
            return
        }
        present |= field.bit
        values[Int(field.rawValue)] = ByteRange(start, end)
    }
}

/// The head read last, to recognise it when it comes again.
///
/// A proxy, a poller and a page send one head over and over, on one connection or on many. The same bytes have the same
/// meaning, so that such a head is compared and not parsed. Where heads differ, only each sixteenth is stored, so that
/// they hardly pay for it.
struct RepeatedHead: Sendable {
    /// The longest head that is stored.
    static let longest = 1024
    /// The number of heads that are parsed before one is stored.
    static let headsPerStore: UInt8 = 16

    /// Eight bytes each; the last eight overlap those before them where the length is no multiple of eight.
    private var words: [UInt64] = []
    /// The head's length in bytes; zero where the last head was not stored.
    private var length = 0
    /// The number of heads parsed since one was stored.
    private var others: UInt8 = 0

    /// Whether the bytes begin with the head.
    @inline(__always)
    func begins(_ bytes: Span<UInt8>) -> Bool {
        guard length > 0, length <= bytes.count else { return false }
        let last = self.last
        var index = 0
        while index &+ 4 <= last {
            guard isFour(bytes, index) else { return false }
            index &+= 4
        }
        while index < last {
            guard bytes.wholeWord(at: index &* 8) == words[index] else { return false }
            index &+= 1
        }
        return bytes.wholeWord(at: length &- 8) == words[last]
    }

    /// Whether four words from an index on are the head's; one check of both lengths is enough for all of them.
    @inline(__always)
    private func isFour(_ bytes: Span<UInt8>, _ index: Int) -> Bool {
        let start = Int(UInt32(truncatingIfNeeded: index &* 8))
        guard start &+ 32 <= bytes.count, index >= 0, index &+ 4 <= words.count else { return false }
        guard bytes.wholeWord(at: start) == words[index] else { return false }
        guard bytes.wholeWord(at: start &+ 8) == words[index &+ 1] else { return false }
        guard bytes.wholeWord(at: start &+ 16) == words[index &+ 2] else { return false }
        return bytes.wholeWord(at: start &+ 24) == words[index &+ 3]
    }

    /// Marks that another head comes.
    @inline(__always)
    mutating func forget() { length = 0 }

    /// Stores, now and then, a parsed head of this length; it has at least a request line.
    @inline(__always)
    mutating func store(_ bytes: Span<UInt8>, length: Int) {
        others &+= 1
        if others >= Self.headsPerStore, length <= Self.longest { storeNow(bytes, length) }
    }

    @inline(never)
    private mutating func storeNow(_ bytes: Span<UInt8>, _ length: Int) {
        others = 0
        self.length = length
        if words.isEmpty { words = [UInt64](repeating: 0, count: Self.longest / 8) }
        let last = self.last
        var words = self.words.mutableSpan
        for index in 0..<last { words[index] = bytes.wholeWord(at: index &* 8) }
        words[last] = bytes.wholeWord(at: length &- 8)
    }

    /// The index of the last eight bytes.
    private var last: Int { (length &- 1) &>> 3 }
}
