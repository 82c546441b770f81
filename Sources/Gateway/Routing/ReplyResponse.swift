internal import EventLoop
internal import HTTP
internal import System

/// The response to an exchange that has ended.
enum ReplyResponse {
    /// A reply as its caller wants to have it, or the failure.
    ///
    /// - `shows`: whether callers may see an address.
    static func response(
        to outcome: Result<Reply, GatewayError>, _ options: ReplyOptions?,
        showingAddresses shows: (SocketAddress) -> Bool
    ) -> Response {
        switch (outcome, options?.form) {
        case (_, .replies(let form, let collection)) where collection.isAnswer(to: outcome):
            var response = CollectionResponse.response(collection, as: form, showingAddresses: shows)
            apply(options?.wait, to: &response)
            return response
        case (_, .page(let letter, let form)):
            if let collection = options?.collection, !collection.policy.isSingle, collection.isAnswer(to: outcome) {
                return form.response(to: collection, letter: letter)
            }
            return form.response(to: outcome, letter: letter)
        case (.success(let reply), _): return pass(reply, options, shows)
        case (.failure(let error), _):
            var response = Problem.response(
                error, service: options?.route?.service.path ?? "/",
                exchange: options?.trace.map { $0.json(showingAddresses: shows) })
            if case .silent = error { apply(options?.wait, to: &response) }
            return response
        }
    }

    /// The response to a datagram that has left and expects no reply (RFC 9110 15.3.3).
    static func sent(_ options: ReplyOptions, showingAddresses shows: (SocketAddress) -> Bool) -> Response {
        var response = Response(.accepted)
        switch options.form {
        case .page(let letter, let form): return form.sent(letter)
        case .trace(let trace):
            let json = "{\"exchange\":\(trace.json(showingAddresses: shows))}\n"
            response = Response(.accepted, FieldValue("application/json"), content: Array(json.utf8))
        case .bytes, .replies: break
        }
        if options.isAsync { response.fields.append((preferenceApplied, FieldValue("respond-async"))) }
        return response
    }

    private static func pass(_ reply: Reply, _ options: ReplyOptions?, _ shows: (SocketAddress) -> Bool) -> Response {
        var response: Response
        switch options?.form {
        case .trace(let trace): response = traced(reply.bytes, trace.json(showingAddresses: shows))
        case .bytes(let type?): response = Response(.ok, type, content: Array(reply.bytes))
        default: response = Response(.ok, type(of: reply.bytes), content: Array(reply.bytes))
        }
        response.fields.append((.serverTiming, ResponseWriter.timing(reply)))
        if reply.surplus > 0, let count = FieldValue(validating: "\(reply.surplus)".utf8) {
            response.fields.append((surplus, count))
        }
        apply(options?.wait, to: &response)
        return response
    }

    /// The type of a reply that nothing but its bytes is known of.
    private static func type(of bytes: ArraySlice<UInt8>) -> FieldValue {
        bytes.span.isUTF8 ? MediaType.plainText : MediaType.bytes
    }

    /// The reply together with its trace, for callers that accept `application/json`.
    static func traced(_ bytes: ArraySlice<UInt8>, _ exchange: String) -> Response {
        let body = "{\(member(bytes)),\"exchange\":\(exchange)}\n"
        return Response(.ok, FieldValue("application/json"), content: Array(body.utf8))
    }

    /// A reply as a member of a JSON object; in base64, and said to be, where it is no text.
    static func member(_ bytes: ArraySlice<UInt8>) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return "\"reply\":\(Problem.quoted(text))" }
        return "\"reply\":\"\(Base64.text(bytes))\",\"base64\":true"
    }

    /// Tells the caller that its wish was heard (RFC 7240 3).
    private static func apply(_ wait: Int?, to response: inout Response) {
        guard let wait, let value = FieldValue(validating: "wait=\(wait)".utf8) else { return }
        response.fields.append((preferenceApplied, value))
    }

    /// How many more datagrams had come by the time of the reply.
    private static let surplus = FieldName("Letterbox-Surplus")
    private static let preferenceApplied = FieldName("Preference-Applied")
}
