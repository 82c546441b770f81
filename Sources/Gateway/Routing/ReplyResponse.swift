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
        case (_, .page(let letter, let form)): return form.response(to: outcome, letter: letter)
        case (.success(let reply), _): return pass(reply, options, shows)
        case (.failure(let error), _):
            var response = Problem.response(error, exchange: options?.trace.map { $0.json(showingAddresses: shows) })
            if case .silent = error { apply(options?.wait, to: &response) }
            return response
        }
    }

    private static func pass(_ reply: Reply, _ options: ReplyOptions?, _ shows: (SocketAddress) -> Bool) -> Response {
        var response: Response
        switch options?.form {
        case .trace(let trace): response = traced(reply.bytes, trace.json(showingAddresses: shows))
        case .bytes(let type?): response = Response(.ok, type, content: Array(reply.bytes))
        default: response = Response(.ok, type(of: reply.bytes), content: Array(reply.bytes))
        }
        response.fields.append((.serverTiming, ResponseWriter.timing(reply)))
        apply(options?.wait, to: &response)
        return response
    }

    /// The type of a reply that nothing but its bytes is known of.
    private static func type(of bytes: ArraySlice<UInt8>) -> FieldValue {
        bytes.span.isUTF8 ? MediaType.plainText : MediaType.bytes
    }

    /// The reply together with its trace, for callers that accept `application/json`.
    static func traced(_ bytes: ArraySlice<UInt8>, _ exchange: String) -> Response {
        let body: String
        if let text = String(validating: bytes, as: UTF8.self) {
            body = "{\"reply\":\(Problem.quoted(text)),\"exchange\":\(exchange)}\n"
        } else {
            body = "{\"reply\":\"\(Base64.text(bytes))\",\"base64\":true,\"exchange\":\(exchange)}\n"
        }
        return Response(.ok, FieldValue("application/json"), content: Array(body.utf8))
    }

    /// Tells the caller that its wish was heard (RFC 7240 3).
    private static func apply(_ wait: Int?, to response: inout Response) {
        guard let wait, let value = FieldValue(validating: "wait=\(wait)".utf8) else { return }
        response.fields.append((preferenceApplied, value))
    }

    private static let preferenceApplied = FieldName("Preference-Applied")
}
