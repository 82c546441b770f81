internal import HTTP

/// A refusal that a request's head determines, before it has the form of its route: a problem document, or a page.
struct Refusal {
    let status: Status
    /// One sentence.
    let detail: String
    /// Fields beyond those of every response.
    var fields = FieldLines()
    /// The reason for the metrics, where the gateway cannot do what the request asks.
    private let error: ProxyError?

    init(_ status: Status, _ detail: String, error: ProxyError? = nil) {
        (self.status, self.detail, self.error) = (status, detail, error)
    }

    /// The refusal of a request that its caller may not make (RFC 9209 2.3.19).
    static func denial(_ status: Status, _ detail: String) -> Refusal {
        var refusal = Refusal(status, detail, error: .requestDenied)
        refusal.fields.add(.proxyStatus, denied)
        return refusal
    }

    private static let denied = FieldValue("letterbox; error=http_request_denied")

    /// The refusal for programs.
    var problem: Response { completed(Problem.response(status, detail)) }

    /// The refusal for people, on this page.
    func page(_ page: Response) -> Response {
        var response = page
        response.forbidStoring()
        return completed(response)
    }

    private func completed(_ response: consuming Response) -> Response {
        response.fields.add(fields)
        response.failure = error.map { ServiceFailure(service: "", error: $0) }
        return response
    }
}

extension ArraySlice<UInt8> {
    /// A part of a request as a sentence quotes it: its beginning where it is long.
    var excerpt: String { String(decoding: prefix(64), as: UTF8.self) + (count > 64 ? "…" : "") }
}
