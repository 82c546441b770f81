internal import HTTP

/// An error as `application/problem+json` (RFC 9457): what a program and a person are told about a failure.
enum Problem {
    private static let mediaType = FieldValue("application/problem+json")

    /// The response for a failure; `detail` is one sentence.
    ///
    /// - `exchange`: a JSON object with what happened on the UDP leg, as an extension member (RFC 9457 3.2).
    static func response(_ status: Status, _ detail: String, exchange: String? = nil) -> Response {
        // RFC 9457 4.2.1: with "about:blank" the title is the status's own phrase.
        let json = """
            {"type":"about:blank","title":\(quoted(status.reasonPhrase)),"status":\(status.code),\
            "detail":\(quoted(detail))\(exchange.map { ",\"exchange\":\($0)" } ?? "")}

            """
        return Response(status, mediaType, content: Array(json.utf8))
    }

    /// The response for a failure of the UDP leg.
    static func response(_ error: GatewayError, exchange: String? = nil) -> Response {
        let (status, proxyError) = error.answer
        var response = response(status, error.detail, exchange: exchange)
        if let value = FieldValue(validating: "letterbox; error=\(proxyError)".utf8) {
            response.fields.append((.proxyStatus, value))
        }
        if let seconds = error.retryAfter, let value = FieldValue(validating: String(seconds).utf8) {
            response.fields.append((.retryAfter, value))
        }
        if status == .contentTooLarge { response.closes = true }
        return response
    }

    /// The response to a request that comes in parts, for which there is no room.
    static var noRoom: Response {
        var response = response(
            .serviceUnavailable, "The gateway has no room for more requests that come in parts. Try again shortly.")
        response.fields.append((.retryAfter, FieldValue("1")))
        return response
    }

    /// The response for bytes that are no request; nobody knows where the next message would begin, so it closes.
    static func response(_ error: RequestError) -> Response {
        var response = response(error.status, error.reason.description)
        response.closes = true
        return response
    }

    /// A JSON string (RFC 8259 7).
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
