internal import System
internal import HTTP

/// A file of the page, ready for sending.
package struct StaticFile: Sendable {
    package let bytes: [UInt8]
    private let mediaType: FieldValue
    private let etag: FieldValue
    private let lastModified: HTTPDate
    /// Its fields without those that a 304 omits (RFC 9110 15.4.5), and a 206 where the client has them (15.3.7).
    private let fields: FieldLines
    private let allFields: FieldLines

    /// Prepares a file; `modified` is in seconds since 1970.
    init(name: String, bytes: [UInt8], modified: Int64) {
        self.bytes = bytes
        mediaType = MediaType.ofFile(named: name)
        etag = Self.entityTag(bytes)
        // RFC 9110 8.8.2.1: the time is never later than the response's own.
        lastModified = HTTPDate(unixSeconds: min(modified, WallClock.unixSeconds()))
        var fields = FieldLines()
        fields.add(.etag, etag)
        fields.add(.cacheControl, FieldValue("no-cache"))
        if mediaType == MediaType.html { fields.add(Self.securityPolicy, Self.policy) }
        self.fields = fields
        fields.add(.lastModified, validating: lastModified.bytes)
        fields.add(Self.acceptRanges, FieldValue("bytes"))
        allFields = fields
    }

    /// Answers a GET or HEAD for the file: whole, in part, or not again (RFC 9110 13.2.2 and 14.2).
    func respond(to request: Request, now: Int64) -> Response {
        switch Precondition.outcome(of: request, tag: etag.bytes, lastModified: lastModified, now: now) {
        case .proceed: break
        case .notModified: return response(.notModified, [])
        case .failed:
            return Problem.response(.preconditionFailed, "The file is not the one that the request is for.")
        }
        switch range(of: request, now) {
        case .ignored: return response(.ok, bytes)
        case .satisfiable(let range):
            return response(
                .partialContent, Array(bytes[range]),
                contentRange: "\(range.lowerBound)-\(range.upperBound - 1)/\(bytes.count)",
                isKnown: request.head.range(of: .ifRange) != nil)
        case .unsatisfiable: return refuseRange(of: request)
        }
    }

    /// Refuses a range outside the file, and gives the file's length (RFC 9110 15.5.17).
    ///
    /// The content is not part of the file, and so has neither its type nor its tag. A range of many digits is
    /// shortened in it.
    private func refuseRange(of request: Request) -> Response {
        let text = request.value(of: .range)?.excerpt ?? ""
        let length = bytes.count == 1 ? "1 byte" : "\(bytes.count) bytes"
        var response = Problem.response(
            .rangeNotSatisfiable, "The range \(text) has no byte of the file, which is \(length) long.")
        response.fields.add(.contentRange, validating: "bytes */\(bytes.count)".utf8)
        return response
    }

    /// The requested part; HEAD has none (RFC 9110 14.2: only GET has).
    ///
    /// Two lines of Range ask for several ranges, and two lines of If-Range name no file (RFC 9110 5.3).
    private func range(of request: Request, _ now: Int64) -> RangeRequest {
        let message = request.message
        let head = message.span
        guard request.head.method == .get, let range = request.head.range(of: .range),
            !request.head.isRepeated(.range), !request.head.isRepeated(.ifRange)
        else { return .ignored }
        if let condition = request.head.range(of: .ifRange),
            !Conditional.ifRange(head, condition, matches: etag.bytes.span, lastModified: lastModified, now: now)
        {
            return .ignored
        }
        return RangeRequest(head, range, length: bytes.count)
    }

    /// The file or a part of it; `isKnown` means that the client has these fields from an earlier response, by which
    /// its If-Range names the file (RFC 9110 15.3.7).
    private func response(
        _ status: Status, _ content: [UInt8], contentRange: String? = nil, isKnown: Bool = false
    ) -> Response {
        let isBare = isKnown || status == .notModified
        var response = Response(status, isBare ? nil : mediaType, content: content)
        response.fields = isBare ? fields : allFields
        if let contentRange { response.fields.add(.contentRange, validating: "bytes \(contentRange)".utf8) }
        return response
    }

    /// A strong tag: the length and the FNV-1a hash of the bytes.
    ///
    /// It names a version and does not protect it.
    private static func entityTag(_ bytes: [UInt8]) -> FieldValue {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        let text = "\"\(String(bytes.count, radix: 36))-\(String(hash, radix: 36))\""
        guard let value = FieldValue(validating: text.utf8) else { preconditionFailure("a tag is a value") }
        return value
    }

    private static let acceptRanges = FieldName("Accept-Ranges")
    static let securityPolicy = FieldName("Content-Security-Policy")

    /// The page's permissions: it runs and shows its own files, posts to its own server, and nothing else.
    static let policy = FieldValue(
        """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
        form-action 'self'; base-uri 'none'; frame-ancestors 'none'
        """)
}
