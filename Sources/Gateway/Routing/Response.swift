internal import HTTP
internal import System

/// An answer to a request, before it becomes bytes.
struct Response {
    var status: Status
    /// Nil where there is no content.
    var contentType: FieldValue?
    var content: [UInt8]
    /// Fields beyond those of every response.
    var fields = FieldLines()
    /// The failure for the metrics, where the gateway could not do what the request asked.
    var failure: ServiceFailure?
    /// Whether the content is a JSON object with room for the request's identifiers.
    var takesNames = false
    /// Whether the connection ends after it.
    var closes = false

    init(_ status: Status, _ contentType: FieldValue? = nil, content: [UInt8] = []) {
        self.status = status
        self.contentType = contentType
        self.content = content
    }

    /// A statement about this moment, which no cache stores.
    static func current(_ contentType: FieldValue, _ content: some Sequence<UInt8>) -> Response {
        var response = Response(.ok, contentType, content: Array(content))
        response.forbidStoring()
        return response
    }

    /// Forbids caches to store the response (RFC 9111 5.2.2.5).
    ///
    /// Without a word about it, a cache may store any answer to a GET, and many an error (RFC 9110 15.1).
    mutating func forbidStoring() { fields.add(.cacheControl, Self.noStore) }

    private static let noStore = FieldValue("no-store")
}

/// An error as `application/problem+json` (RFC 9457), for programs and people.
enum Problem {
    /// The response for a failure; `detail` is one sentence.
    ///
    /// - `error`: the reason for the metrics, where the gateway cannot do what the request asks.
    /// - `exchange`: a JSON object with the events of the UDP leg, as an extension member (RFC 9457 3.2).
    static func response(
        _ status: Status, _ detail: String, error: ProxyError? = nil, exchange: String? = nil
    ) -> Response {
        // RFC 9457 4.2.1: with "about:blank" the title is the status's own phrase.
        let json = """
            {"type":"about:blank","title":\(JSONText.quoted(status.reasonPhrase)),"status":\(status.code),\
            "detail":\(JSONText.quoted(detail))\(exchange.map { ",\"exchange\":\($0)" } ?? "")}

            """
        var response = Response(status, MediaType.problem, content: Array(json.utf8))
        response.takesNames = true
        response.forbidStoring()
        response.failure = error.map { ServiceFailure(service: "", error: $0) }
        return response
    }

    /// The response for a failure of the UDP leg.
    ///
    /// - `service`: the path of the request's service.
    static func response(_ error: GatewayError, service: String, exchange: String? = nil) -> Response {
        let (status, proxyError) = error.answer
        var response = response(status, error.detail, exchange: exchange)
        response.fields.add(.proxyStatus, validating: "letterbox; error=\(proxyError.rawValue)".utf8)
        if status == .serviceUnavailable { response.fields.add(.retryAfter, FieldValue("1")) }
        response.failure = ServiceFailure(service: service, error: proxyError)
        if status == .contentTooLarge { response.closes = true }
        return response
    }

    /// The response to a request that comes in parts, while the buffers are full.
    static var noRoom: Response {
        var response = response(
            .serviceUnavailable, "The gateway has no room for more requests that come in parts. Try again shortly.",
            error: .internalError)
        response.fields.add(.retryAfter, FieldValue("1"))
        return response
    }

    /// The response to a connection for which there is no place.
    static var noPlace: Response {
        var response = response(
            .serviceUnavailable, "All connections are in use. Try again shortly.", error: .connectionLimitReached)
        response.fields.add(.retryAfter, FieldValue("1"))
        return response
    }

    /// The response to bytes that are not a request; it closes, for the start of the next message is unknown.
    static func response(_ error: RequestError) -> Response {
        let isOfServer = error.status.code >= 500
        var response = response(
            error.status, error.reason.rawValue, error: isOfServer ? .requestError : nil)
        response.closes = true
        return response
    }
}
