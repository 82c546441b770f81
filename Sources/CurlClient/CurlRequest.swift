/// One HTTP request, with little that curl adds.
///
/// Curl adds `Host`, the framing of the body, and `Expect` (see `expect100`). It uses no proxies of the environment,
/// follows no redirect, and sends a path unchanged, with its dots.
package struct CurlRequest: Sendable {
    /// The content of a request.
    package enum Body: Equatable, Sendable {
        /// No body, and no field about one.
        case none
        /// These bytes, announced by `Content-Length`, also when there are none.
        case bytes([UInt8])
        /// These pieces, each a chunk of its own (RFC 9112, 7.1); curl splits those over its buffer of 64 KB.
        case chunked([[UInt8]])
    }

    /// The versions of HTTP for a request.
    package enum Version: Sendable {
        /// HTTP/1.0.
        case http10
        /// HTTP/1.1.
        case http11
    }

    /// The absolute URL, `http:` or `https:`.
    package var url: String
    /// The method; nil is `GET` without a body and `POST` with one.
    package var method: String?
    /// The fields, besides those that curl adds.
    package var fields: CurlFields
    /// The body; `HEAD` has none.
    package var body: Body
    /// The time for the whole request, to the millisecond.
    package var timeout: Duration
    /// Whether the body waits for `100 Continue`.
    ///
    /// With true it waits for the whole `timeout`. With nil curl decides: it asks when the length is unknown or over 1
    /// MB, and after a second without an answer sends the body all the same.
    package var expect100: Bool?
    package var version = Version.http11
    /// The length at which a response's body fails the transfer.
    package var maxResponseBody = 64 << 20

    /// Makes a request; further properties can be set afterwards.
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
    /// The method on the wire.
    var effectiveMethod: String {
        if let method { return method }
        return switch body {
        case .none: "GET"
        case .bytes, .chunked: "POST"
        }
    }
}
