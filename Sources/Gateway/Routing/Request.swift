internal import HTTP

/// A received request: its parsed head, and its bytes.
///
/// One serves a whole worker while requests arrive complete; a connection takes its own while a request has arrived in
/// part. It is a class, because a value would be copied with each call.
final class Request {
    /// The parser of heads, which stores the last one.
    private(set) var parser: RequestParser
    /// The parsed head; its ranges count from the first byte of the message.
    var head: RequestHead { parser.head }
    /// Head and content, without transfer coding; empty as long as only its head has been read.
    private(set) var message: ArraySlice<UInt8> = []
    /// Whether the content of a POST alone matters, as with most requests; a repeated head needs no new look.
    private(set) var isPlain = false
    /// The service at the path of a plain request, as a router has found it; a repeated head needs no new search.
    var cachedRoute: CachedRoute?

    /// A router's finding for a path, which a later router does not share.
    struct CachedRoute {
        let router: Router
        /// Nil where no service takes plain requests.
        let service: ServiceRoute?
    }
    /// Whether the head has been read.
    private(set) var hasHead = false
    /// Whether `100 Continue` has been sent (RFC 9110 10.1.1).
    var hasInvitation = false
    /// The decoder of chunked content.
    var decoder: ChunkedDecoder?

    init(limits: Limits) {
        parser = RequestParser(limits: limits)
    }

    /// Continues a request that another object has begun to read.
    init(continuing other: Request) {
        parser = other.parser
        (isPlain, hasHead) = (other.isPlain, other.hasHead)
        (hasInvitation, decoder) = (other.hasInvitation, other.decoder)
    }

    /// Reads the head of the message that begins the bytes; false if it is not complete.
    @inline(__always)
    func readHead(_ bytes: Span<UInt8>) throws(RequestError) -> Bool {
        if hasHead { return true }
        if parser.repeats(bytes) {
            hasHead = true
        } else {
            hasHead = try parser.read(bytes)
            isPlain = hasHead && isPlain(bytes)
            if cachedRoute != nil { cachedRoute = nil }
        }
        return hasHead
    }

    /// Whether no field affects what a service gets or the response; ``Router/route(_:)`` decides about all other requests.
    @inline(__always)
    private func isPlain(_ bytes: Span<UInt8>) -> Bool {
        guard parser.head.method == .post, parser.head.query == nil, !has(.contentEncoding), !has(.prefer), !mayPrefer,
            !isNamed, !isFromBrowser
        else { return false }
        guard let type = parser.head.range(of: .contentType), !type.isEmpty else { return true }
        // Forms, multipart forms and DNS messages are among these.
        let first = bytes[type.lowerBound] | 0x20
        return first != UInt8(ascii: "a") && first != UInt8(ascii: "m")
    }

    /// Whether the path is "/": a path begins with a slash, so that one of a single byte is that.
    @inline(__always)
    var isForRoot: Bool { parser.head.path.range.count == 1 }

    /// Drops a request that was served unchanged and complete; the next may begin.
    func finish() {
        if !message.isEmpty { message = [] }
        hasHead = false
    }

    /// Drops an unfinished request.
    func reset() {
        finish()
        (hasInvitation, decoder) = (false, nil)
        // A complete head may come again, on this connection or another.
        if !parser.isComplete { parser.reset() }
    }

    /// Drops all that it remembers, for requests with other limits.
    func begin(limits: Limits) {
        reset()
        (parser, cachedRoute) = (RequestParser(limits: limits), nil)
    }

    /// Takes the complete message.
    func take(_ message: ArraySlice<UInt8>) { self.message = message }

    /// The content, which is the payload of the datagram.
    @inline(__always)
    var body: ArraySlice<UInt8> { message[(message.startIndex + parser.head.length)..<message.endIndex] }

    /// The bytes of a part of the head.
    func bytes(_ range: Range<Int>) -> ArraySlice<UInt8> {
        message[(message.startIndex + range.lowerBound)..<(message.startIndex + range.upperBound)]
    }

    /// The value of a field; nil when it is missing.
    func value(of field: KnownField) -> ArraySlice<UInt8>? {
        guard let range = parser.head.range(of: field) else { return nil }
        return bytes(range)
    }

    func has(_ field: KnownField) -> Bool { parser.head.has(field) }

    /// The first byte of a field's value; nil when it is missing, or empty.
    @inline(__always)
    func first(of field: KnownField) -> UInt8? {
        guard let range = parser.head.range(of: field), !range.isEmpty else { return nil }
        return message[message.startIndex + range.lowerBound]
    }

    /// The value of a list field, whose lines are one list (RFC 9110 5.3); nil when it is missing.
    func list(of field: KnownField) -> ArraySlice<UInt8>? {
        guard let first = value(of: field) else { return nil }
        guard parser.head.isRepeated(field) else { return first }
        let message = message
        return head.list(of: field, in: message.span)[...]
    }

    /// The path, without the query.
    var path: ArraySlice<UInt8> { bytes(head.path.range) }

    /// The query; empty where there is none.
    var query: ArraySlice<UInt8> { head.query.map { bytes($0.range) } ?? [] }

    /// Whether the caller has sent an identifier of the request.
    @inline(__always)
    var isNamed: Bool { parser.head.isNamed }

    // MARK: - The answer

    /// Whether a field is present that may change the form of the reply, which is rare.
    @inline(__always)
    var mayShapeReply: Bool {
        has(.prefer) || mayPrefer || first(of: .contentType).map { $0 | 0x20 == UInt8(ascii: "a") } ?? false
    }

    /// Whether the caller may have a preference: nearly all clients send "*/*", which is too short for one.
    @inline(__always)
    var mayPrefer: Bool {
        guard let range = parser.head.range(of: .accept) else { return false }
        return range.count >= Negotiation.shortestPreference || parser.head.isRepeated(.accept)
    }

    // MARK: - The content

    /// Whether the content is that of a form.
    var isForm: Bool { hasType(Self.form) }

    /// Whether the content is a multipart form (RFC 7578), also where its parameters are malformed, such as a boundary
    /// without quotes: as a payload it would be a datagram with boundaries in it.
    @inline(__always)
    var isMultipart: Bool {
        // Most clients name another type, and its first byte differs.
        guard let first = first(of: .contentType), first | 0x20 == UInt8(ascii: "m") else { return false }
        guard let type = value(of: .contentType), type.begins(with: Self.parts) else { return false }
        return MediaType.endOfName(in: type.span) == Self.parts.count
    }

    /// Whether the content is a multipart form whose type is well-formed.
    var isMultipartForm: Bool { hasType(Self.parts) }

    /// Whether the content is a DNS message (RFC 8484 6).
    var isDNSMessage: Bool { hasType(Self.dnsMessage) }

    private func hasType(_ name: [UInt8]) -> Bool {
        guard let type = value(of: .contentType) else { return false }
        return type.begins(with: name) && MediaType.nameLength(in: type.span) == name.count
    }

    /// Whether the content has a coding, which the UDP service does not expect.
    var isCoded: Bool {
        guard has(.contentEncoding), let codings = list(of: .contentEncoding) else { return false }
        return !Self.areIdentity(codings)
    }

    /// Codings are case-insensitive (RFC 9110 8.4.1).
    private static func areIdentity(_ codings: ArraySlice<UInt8>) -> Bool {
        var list = CommaList(0..<codings.count)
        while let coding = list.next(in: codings.span) {
            let isIdentity = coding.count == identity.count
            guard isIdentity, codings.dropFirst(coding.lowerBound).begins(with: identity) else { return false }
        }
        return true
    }

    private static let form = Array("application/x-www-form-urlencoded".utf8)
    private static let parts = Array("multipart/form-data".utf8)
    private static let dnsMessage = MediaType.dnsMessage.bytes
    private static let identity = Array("identity".utf8)
}

extension ArraySlice<UInt8> {
    func isEqual(to text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && text.description.utf8.elementsEqual(self)
    }

    /// Whether the bytes begin with this lower-case ASCII text, whatever their case.
    func begins(with prefix: [UInt8]) -> Bool {
        count >= prefix.count
            && prefix.indices.allSatisfy { self[startIndex + $0].lowercased == prefix[$0] }
    }
}

/// The parameters of a request's query that concern its payload.
struct PayloadQuery {
    private let query: ArraySlice<UInt8>
    /// The notation of the payload and of its reply; nil for the bytes themselves.
    private(set) var notation: Notation?
    /// Whether the payload is text, which only a query has to say.
    private(set) var isText = false
    /// Whether the notation's name is unknown.
    private(set) var isUnknown = false

    /// Reads the parameter `as` of a query, which may have others.
    init(_ query: ArraySlice<UInt8>) {
        self.query = query
        guard let name = value(of: "as") else { return }
        notation = Notation(name: name)
        isText = name.elementsEqual("text".utf8)
        isUnknown = notation == nil && !isText
    }

    /// The payload in a parameter; nil where there is no such parameter.
    func payload(in name: String) throws(NotationError) -> [UInt8]? {
        guard let value = value(of: name), !isText else { return value(of: name) }
        // In a query a plus sign means a space, so that base64 there has the alphabet of URLs.
        guard let notation, notation == .hex else { return try Base64.decode(url: value.span) }
        return try notation.decode(value.span)
    }

    func has(_ name: String) -> Bool { value(of: name) != nil }

    private func value(of name: String) -> [UInt8]? {
        query.isEmpty ? nil : FormDecoder.value(of: name, in: query.span)
    }
}
