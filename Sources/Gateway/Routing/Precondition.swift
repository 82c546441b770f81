internal import HTTP

/// Conditions on a resource without validators, which is made for each request, such as `/metrics`.
enum Precondition {
    /// The answer to a request whose condition fails; nil where the request may proceed (RFC 9110 13.2).
    ///
    /// For such a resource only `*` is true, for it does exist; no tag matches, and dates have no effect (13.1.3 and
    /// 13.1.4).
    static func refusal(of request: Request) -> Response? {
        let noTag: [UInt8] = []
        if let tags = request.list(of: .ifMatch),
            !Conditional.ifMatch(tags.span, 0..<tags.count, matches: noTag.span)
        {
            return failed
        }
        guard let tags = request.list(of: .ifNoneMatch),
            Conditional.ifNoneMatch(tags.span, 0..<tags.count, matches: noTag.span)
        else { return nil }
        // RFC 9110 13.1.2: only a read request gets 304.
        let isRead = request.head.method == .get || request.head.method == .head
        return isRead ? Response(.notModified) : failed
    }

    private static var failed: Response {
        Problem.response(.preconditionFailed, "The resource is not the one that the request is for.")
    }
}
