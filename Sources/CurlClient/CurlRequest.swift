/// One HTTP request: what goes out is what is written here.
///
/// Of itself curl adds `Host`, what frames the body, and `Expect` (see `expect100`). Proxies of the environment are
/// not used, no redirect is followed unless asked for, and a path goes out as it is, its dots included.
package struct CurlRequest: Sendable {
    /// What a request carries behind its head.
    package enum Body: Sendable {
        /// No body, and no field that speaks of one.
        case none
        /// These bytes, announced by `Content-Length`, be they none at all.
        case bytes([UInt8])
        /// These pieces, each a chunk of its own (RFC 9112, 7.1); curl splits those over its buffer of 64 KB.
        case chunked([[UInt8]])
    }

    /// The versions of HTTP in which a request can be made.
    package enum Version: Sendable {
        /// HTTP/1.0.
        case http10
        /// HTTP/1.1.
        case http11
    }

    /// Where the request goes: `http:` or `https:`.
    package var url: String
    /// The method; nil is `GET` without a body and `POST` with one.
    package var method: String?
    /// The fields, besides those that curl adds.
    package var fields: CurlFields
    /// The body; `HEAD` has none.
    package var body: Body
    /// How long the whole request may take, to the millisecond.
    package var timeout: Duration
    /// Whether the body waits for `100 Continue`.
    ///
    /// With true it waits as long as `timeout` says. With nil curl decides: it asks when the length is unknown or
    /// over 1 MB, and after a second without an answer sends the body all the same.
    package var expect100: Bool?
    /// The version of HTTP to speak.
    package var version = Version.http11
    /// Whether a redirect is followed; the response is the last one's.
    package var followsRedirects = false
    /// Whether a connection of an earlier request may serve, and this one's a later request.
    package var reusesConnection = true
    /// The request target, when it is not to be the URL's path and query: `*`, or something no URL can say.
    package var target: String?
    /// How long a response's body may grow before the transfer fails.
    package var maxResponseBody = 64 << 20

    /// Makes a request; what is not an argument here is a property to set.
    package init(
        _ url: String, method: String? = nil, fields: CurlFields = [:], body: Body = .none,
        timeout: Duration = .seconds(10), expect100: Bool? = nil
    ) {
        self.url = url
        self.method = method
        self.fields = fields
        self.body = body
        self.timeout = timeout
        self.expect100 = expect100
    }
}

extension CurlRequest.Body {
    /// The bytes of a text in UTF-8.
    package static func text(_ text: String) -> Self {
        .bytes(Array(text.utf8))
    }
}

extension CurlRequest {
    /// The method that goes out.
    var effectiveMethod: String {
        if let method { return method }
        return switch body {
        case .none: "GET"
        case .bytes, .chunked: "POST"
        }
    }
}
