internal import HTTP

/// A request as it was received: what its head means, and the bytes.
///
/// One serves a whole worker while requests arrive at once; a connection takes one of its own while a request has come in
/// part. As a value it would be copied from hand to hand.
final class Request {
    /// What reads heads, and keeps the one that it has read.
    private(set) var parser: RequestParser
    /// What the head means; its ranges count from the first byte of the message.
    var head: RequestHead { parser.head }
    /// Head and content, without transfer coding; empty while its head alone has been looked at.
    private(set) var message: ArraySlice<UInt8> = []
    /// Whether the head says no more than that the content is for the service at `/`, as most do: where a head comes again,
    /// that is known.
    private(set) var isPlain = false
    /// Whether the head has been read.
    private(set) var hasHead = false
    /// Whether the client has been told to go on (RFC 9110 10.1.1).
    var hasInvitation = false
    /// What takes the chunks of its content apart.
    var decoder: ChunkedDecoder?

    init(limits: Limits) {
        parser = RequestParser(limits: limits)
    }

    /// Goes on with what another has begun to read.
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
            hasHead = try parser.readAnew(bytes)
            isPlain = hasHead && isPlain(bytes)
        }
        return hasHead
    }

    /// Whether the router would send the content on, and no field has a say in the response; ``Router/route(_:)`` looks
    /// closer at all others.
    @inline(__always)
    private func isPlain(_ bytes: Span<UInt8>) -> Bool {
        // A path begins with a slash, so that one of a single byte is "/".
        guard parser.head.method == .post, parser.head.path.range.count == 1, parser.head.query == nil,
            !has(.contentEncoding), !has(.prefer), !mayPrefer, !isNamed, !isFromBrowser
        else { return false }
        guard let type = parser.head.range(of: .contentType), !type.isEmpty else { return true }
        // Forms, multipart forms and DNS messages are among these.
        let first = bytes[type.lowerBound] | 0x20
        return first != UInt8(ascii: "a") && first != UInt8(ascii: "m")
    }

    /// Forgets the request that was served whole, as it came; the next may begin.
    func finish() {
        if !message.isEmpty { message = [] }
        hasHead = false
    }

    /// Forgets a request that was not served to its end.
    func reset() {
        finish()
        (hasInvitation, decoder) = (false, nil)
        parser.reset()
    }

    /// Takes the whole message, once it is there.
    func take(_ message: ArraySlice<UInt8>) { self.message = message }

    /// The content: what goes into the datagram.
    @inline(__always)
    var body: ArraySlice<UInt8> { message[(message.startIndex + parser.head.length)..<message.endIndex] }

    /// The bytes of a part of the head.
    func bytes(_ range: Range<Int>) -> ArraySlice<UInt8> {
        message[(message.startIndex + range.lowerBound)..<(message.startIndex + range.upperBound)]
    }

    /// The value of a field; nil when it did not come.
    func value(of field: KnownField) -> ArraySlice<UInt8>? {
        guard let range = parser.head.range(of: field) else { return nil }
        return bytes(range)
    }

    /// Whether a field came.
    func has(_ field: KnownField) -> Bool { parser.head.has(field) }

    /// The first byte of a field's value; nil when it did not come, or is empty.
    @inline(__always)
    func first(of field: KnownField) -> UInt8? {
        guard let range = parser.head.range(of: field), !range.isEmpty else { return nil }
        return message[message.startIndex + range.lowerBound]
    }

    /// The value of a list field, whose lines are one list (RFC 9110 5.3); nil when none came.
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

    /// Whether the caller calls the request by a name.
    @inline(__always)
    var isNamed: Bool { parser.head.isNamed }

    // MARK: - The answer

    /// Whether a field came that may have a say in how the reply is shown, as with few requests.
    @inline(__always)
    var mayShapeReply: Bool {
        has(.prefer) || mayPrefer || first(of: .contentType).map { $0 | 0x20 == UInt8(ascii: "a") } ?? false
    }

    /// Whether the caller may prefer anything: nearly all clients say "*/*", which is too short for that.
    @inline(__always)
    var mayPrefer: Bool {
        guard let range = parser.head.range(of: .accept) else { return false }
        return range.count >= Negotiation.shortestPreference || parser.head.isRepeated(.accept)
    }

    // MARK: - The content

    /// Whether the content is that of a form.
    var isForm: Bool { hasType(Self.form) }

    /// Whether the content is a form in parts (RFC 7578): as a letter it would be a datagram with boundaries in it.
    @inline(__always)
    var isMultipart: Bool {
        // Most clients name another type, and its first byte says so.
        guard let first = first(of: .contentType), first | 0x20 == UInt8(ascii: "m") else { return false }
        return hasType(Self.parts)
    }

    /// Whether the content is a DNS message (RFC 8484 6).
    var isDNSMessage: Bool { hasType(Self.dnsMessage) }

    private func hasType(_ name: [UInt8]) -> Bool {
        guard let type = value(of: .contentType) else { return false }
        return type.begins(with: name) && MediaType.nameLength(in: type.span) == name.count
    }

    /// Whether the content is in a coding, and so not what the UDP service is to get.
    var isCoded: Bool {
        guard has(.contentEncoding), let codings = list(of: .contentEncoding) else { return false }
        return !Self.areIdentity(codings)
    }

    /// Codings are named in either case (RFC 9110 8.4.1).
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
    /// Whether the bytes are this ASCII text.
    func isEqual(to text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && text.description.utf8.elementsEqual(self)
    }

    /// Whether the bytes begin with this ASCII text in lower case, in whatever case they are.
    func begins(with prefix: [UInt8]) -> Bool {
        count >= prefix.count
            && prefix.indices.allSatisfy { index in
                let byte = self[startIndex + index]
                return byte | (byte >= 65 && byte <= 90 ? 0x20 : 0) == prefix[index]
            }
    }
}
