/// A status code of RFC 9110 section 15 (431: RFC 6585).
public struct Status: Sendable, Equatable, Hashable {
    /// The three digits.
    public let code: UInt16

    private init(_ code: UInt16) { self.code = code }

    /// The client may send the content.
    public static let `continue` = Status(100)
    /// Success, with content.
    public static let ok = Status(200)
    /// The request has begun, and its end is open.
    public static let accepted = Status(202)
    /// Success, without content.
    public static let noContent = Status(204)
    /// The requested part.
    public static let partialContent = Status(206)
    /// The client's copy is still good.
    public static let notModified = Status(304)
    /// Moved for good; same method.
    public static let permanentRedirect = Status(308)
    /// Not HTTP, or not safely so.
    public static let badRequest = Status(400)
    /// The request lacks valid credentials.
    public static let unauthorized = Status(401)
    /// Understood and refused.
    public static let forbidden = Status(403)
    /// The path names nothing.
    public static let notFound = Status(404)
    /// A known method at the wrong path.
    public static let methodNotAllowed = Status(405)
    /// The client was too slow to send its request.
    public static let requestTimeout = Status(408)
    /// A precondition does not hold.
    public static let preconditionFailed = Status(412)
    /// More content than is accepted.
    public static let contentTooLarge = Status(413)
    /// The request line is too long.
    public static let uriTooLong = Status(414)
    /// Content in a format that is not served.
    public static let unsupportedMediaType = Status(415)
    /// The range lies outside the content.
    public static let rangeNotSatisfiable = Status(416)
    /// An `Expect` that is not met.
    public static let expectationFailed = Status(417)
    /// The request is for another host.
    public static let misdirectedRequest = Status(421)
    /// In the right form, but with a value that is not allowed.
    public static let unprocessableContent = Status(422)
    /// The head is too large.
    public static let requestHeaderFieldsTooLarge = Status(431)
    /// Unknown method or transfer coding.
    public static let notImplemented = Status(501)
    /// The service behind the gateway failed.
    public static let badGateway = Status(502)
    /// The gateway cannot serve at the moment.
    public static let serviceUnavailable = Status(503)
    /// The service behind the gateway did not answer in time.
    public static let gatewayTimeout = Status(504)
    /// A major version other than 1.
    public static let httpVersionNotSupported = Status(505)

    /// Whether a response with this status has neither content nor `Content-Length`.
    ///
    /// RFC 9110 8.6 forbids the field for 1xx and 204; a 304 may carry it, and is shorter without.
    public var forbidsContent: Bool { code < 200 || code == 204 || code == 304 }

    /// The phrase after the code; software ignores it.
    public var reasonPhrase: String {
        switch code {
        case 100: "Continue"
        case 200: "OK"
        case 202: "Accepted"
        case 204: "No Content"
        case 206: "Partial Content"
        case 304: "Not Modified"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        default: lateReasonPhrase
        }
    }

    private var lateReasonPhrase: String {
        switch code {
        case 415: "Unsupported Media Type"
        case 416: "Range Not Satisfiable"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 431: "Request Header Fields Too Large"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: preconditionFailure("The status \(code) has no reason phrase.")
        }
    }
}
