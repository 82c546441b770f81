/// A status code of RFC 9110 section 15 (431: RFC 6585).
public struct Status: Sendable, Equatable {
    /// The three digits.
    public let code: UInt16

    /// The phrase after the code; software ignores it.
    public let reasonPhrase: String

    private init(_ code: UInt16, _ reasonPhrase: String) { (self.code, self.reasonPhrase) = (code, reasonPhrase) }

    /// Success, with content.
    public static let ok = Status(200, "OK")
    /// The request has begun, and its end is open.
    public static let accepted = Status(202, "Accepted")
    /// Success, without content.
    public static let noContent = Status(204, "No Content")
    /// The requested part.
    public static let partialContent = Status(206, "Partial Content")
    /// The client's copy is still good.
    public static let notModified = Status(304, "Not Modified")
    /// Moved for good; same method.
    public static let permanentRedirect = Status(308, "Permanent Redirect")
    /// Not HTTP, or not safely so.
    public static let badRequest = Status(400, "Bad Request")
    /// The request lacks valid credentials.
    public static let unauthorized = Status(401, "Unauthorized")
    /// Understood and refused.
    public static let forbidden = Status(403, "Forbidden")
    /// The path names nothing.
    public static let notFound = Status(404, "Not Found")
    /// A known method at the wrong path.
    public static let methodNotAllowed = Status(405, "Method Not Allowed")
    /// The client was too slow to send its request.
    public static let requestTimeout = Status(408, "Request Timeout")
    /// A precondition does not hold.
    public static let preconditionFailed = Status(412, "Precondition Failed")
    /// More content than is accepted.
    public static let contentTooLarge = Status(413, "Content Too Large")
    /// The request line is too long.
    public static let uriTooLong = Status(414, "URI Too Long")
    /// Content in a format that is not served.
    public static let unsupportedMediaType = Status(415, "Unsupported Media Type")
    /// The range lies outside the content.
    public static let rangeNotSatisfiable = Status(416, "Range Not Satisfiable")
    /// An `Expect` that is not met.
    public static let expectationFailed = Status(417, "Expectation Failed")
    /// The request is for another host.
    public static let misdirectedRequest = Status(421, "Misdirected Request")
    /// In the right form, but with a value that is not allowed.
    public static let unprocessableContent = Status(422, "Unprocessable Content")
    /// The head is too large.
    public static let requestHeaderFieldsTooLarge = Status(431, "Request Header Fields Too Large")
    /// Unknown method or transfer coding.
    public static let notImplemented = Status(501, "Not Implemented")
    /// The service behind the gateway failed.
    public static let badGateway = Status(502, "Bad Gateway")
    /// The gateway cannot serve at the moment.
    public static let serviceUnavailable = Status(503, "Service Unavailable")
    /// The service behind the gateway did not answer in time.
    public static let gatewayTimeout = Status(504, "Gateway Timeout")
    /// A major version other than 1.
    public static let httpVersionNotSupported = Status(505, "HTTP Version Not Supported")

    /// Whether a response with this status has neither content nor `Content-Length`.
    ///
    /// RFC 9110 8.6 forbids the field for 204; a 304 may carry it, and is shorter without.
    public var forbidsContent: Bool { code == 204 || code == 304 }
}
