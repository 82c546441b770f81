internal import HTTP

/// The outcome of a request's conditions (RFC 9110 13.2.2).
enum Precondition {
    case proceed, notModified, failed

    /// The outcome for a resource with an entity tag and a date.
    static func outcome(of request: Request, tag: [UInt8], lastModified: HTTPDate?, now: Int64) -> Precondition {
        func isUnchanged(since field: KnownField) -> Bool? {
            // RFC 9110 13.1.3 and 13.1.4: several dates ask for nothing.
            guard let lastModified, let date = request.value(of: field), !request.head.isRepeated(field) else {
                return nil
            }
            return Conditional.isUnchanged(lastModified, since: date.span, now: now)
        }
        let expected = request.list(of: .ifMatch).map { Conditional.names($0.span, tag.span, weakly: false) }
        guard expected ?? isUnchanged(since: .ifUnmodifiedSince) ?? true else { return .failed }
        // RFC 9110 13.1.2 and 13.1.3: only a read request gets 304, and only for it does If-Modified-Since count.
        let isRead = request.head.method == .get || request.head.method == .head
        let known = request.list(of: .ifNoneMatch).map { Conditional.names($0.span, tag.span, weakly: true) }
        guard known ?? (isRead && isUnchanged(since: .ifModifiedSince) ?? false) else { return .proceed }
        return isRead ? .notModified : .failed
    }

    /// The answer to a request for a resource without validators, which is made for each request, such as `/metrics`;
    /// nil where the request may proceed.
    ///
    /// For such a resource only `*` is true, for it does exist; no tag matches, and dates have no effect (13.1.3 and
    /// 13.1.4).
    static func refusal(of request: Request) -> Response? {
        switch outcome(of: request, tag: [], lastModified: nil, now: 0) {
        case .proceed: return nil
        case .notModified:
            // A cache takes these fields over as if they had come with 200 (RFC 9110 15.4.5).
            var response = Response(.notModified)
            response.forbidStoring()
            return response
        case .failed:
            return Problem.response(.preconditionFailed, "The resource is not the one that the request is for.")
        }
    }
}
