internal import HTTP
internal import System

/// The response to an exchange that has ended.
enum ReplyResponse {
    /// A reply in the form that its caller accepts, or the failure.
    static func response(to outcome: Result<Reply, GatewayError>, _ options: ReplyOptions?) -> Response {
        var response = message(to: outcome, options)
        // A problem forbids it already. Silence is none where no reply is an answer.
        if let caching = options?.caching, response.status == .ok {
            apply(caching, to: try? outcome.get(), &response)
        }
        return response
    }

    /// Adds the fields for caches.
    private static func apply(_ caching: ReplyOptions.Caching, to reply: Reply?, _ response: inout Response) {
        guard caching == .dns, let reply, let seconds = DNSMessage.lifetime(of: reply.bytes.span)
        else { return response.forbidStoring() }
        response.fields.add(.cacheControl, validating: "max-age=\(seconds)".utf8)
        // Another caller may prefer the trace.
        response.fields.add(.vary, accept)
    }

    private static func message(to outcome: Result<Reply, GatewayError>, _ options: ReplyOptions?) -> Response {
        switch (outcome, options?.form) {
        case (_, .replies(let form, let collection)) where collection.isAnswer(to: outcome):
            var response = CollectionResponse.response(collection, as: form, options?.notation)
            confirm(options?.wait, in: &response.fields)
            return response
        case (_, .page(let form, let resource)):
            if let collection = options?.collection, !collection.policy.isSingle, collection.isAnswer(to: outcome) {
                return resource.response(to: collection, form)
            }
            return resource.response(to: outcome, form)
        case (.success(let reply), _): return pass(reply, options)
        case (.failure(let error), _):
            var response = Problem.response(
                error, service: options?.route.service.path ?? "/",
                exchange: options?.trace?.json)
            if case .silent = error { confirm(options?.wait, in: &response.fields) }
            return response
        }
    }

    /// The response to a datagram that has been sent and expects no reply (RFC 9110 15.3.3).
    static func sent(_ options: ReplyOptions) -> Response {
        if case .page(let form, let resource) = options.form { return resource.sent(form) }
        var response = Response(.accepted)
        if let trace = options.trace {
            let json = "{\"exchange\":\(trace.json)}\n"
            response = Response(.accepted, MediaType.json, content: Array(json.utf8))
            response.takesNames = true
        }
        if options.caching != nil { response.forbidStoring() }
        if options.isAsync { response.fields.add(preferenceApplied, FieldValue("respond-async")) }
        return response
    }

    private static func pass(_ reply: Reply, _ options: ReplyOptions?) -> Response {
        var response: Response
        if let trace = options?.trace {
            response = traced(reply.bytes, trace.json, options?.notation)
        } else if case .bytes(let type?) = options?.form {
            response = Response(.ok, type, content: Array(reply.bytes))
        } else {
            response = plain(reply.bytes, options?.notation)
        }
        ResponseWriter.addTiming(of: reply, to: &response.fields)
        // Without a trace the gateway looks for them only where the operator sees each datagram.
        if reply.surplus > 0, options?.trace != nil {
            response.fields.add(surplus, validating: "\(reply.surplus)".utf8)
        }
        confirm(options?.wait, in: &response.fields)
        return response
    }

    /// A reply without a known type: its bytes, or their notation on a line.
    private static func plain(_ bytes: ArraySlice<UInt8>, _ notation: Notation?) -> Response {
        guard let notation else {
            return Response(.ok, bytes.span.isUTF8 ? MediaType.plainText : MediaType.bytes, content: Array(bytes))
        }
        return Response(.ok, MediaType.plainText, content: notation.encode(bytes.span) + [UInt8(ascii: "\n")])
    }

    /// The reply together with its trace, for callers that accept `application/json`.
    ///
    /// - `notation`: the reply's notation; without one, text where it is text, and else base64.
    static func traced(_ bytes: ArraySlice<UInt8>, _ exchange: String, _ notation: Notation? = nil) -> Response {
        let body = "{\"reply\":\(json(bytes, notation)),\"exchange\":\(exchange)}\n"
        var response = Response(.ok, MediaType.json, content: Array(body.utf8))
        response.takesNames = true
        return response
    }

    /// The reply as a JSON string, and the member that names its notation, unless it is text.
    static func json(_ bytes: ArraySlice<UInt8>, _ notation: Notation?) -> String {
        if notation == nil, let text = String(validating: bytes, as: UTF8.self) { return JSONText.quoted(text) }
        let notation = notation ?? .base64
        return "\"\(String(decoding: notation.encode(bytes.span), as: UTF8.self))\",\"\(notation.rawValue)\":true"
    }

    /// Confirms the preferred wait, if the caller had one (RFC 7240 3).
    static func confirm(_ wait: Int?, in fields: inout FieldLines) {
        if let wait { fields.add(preferenceApplied, validating: "wait=\(wait)".utf8) }
    }

    private static let accept = FieldValue("Accept")
    /// The number of further datagrams at the time of the reply.
    private static let surplus = FieldName("Letterbox-Surplus")
    private static let preferenceApplied = FieldName("Preference-Applied")
}
