internal import HTTP

/// Conditions on what has no validators: a resource that is made anew for each request, such as `/metrics`.
enum Precondition {
    /// The answer to a request whose condition does not hold; nil where the request is to be carried out (RFC 9110 13.2).
    ///
    /// Of such a resource only `*` is true, for it does exist; no tag fits, and dates say nothing (13.1.3 and 13.1.4).
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
        // RFC 9110 13.1.2: only who wanted to read has what there is.
        let isRead = request.head.method == .get || request.head.method == .head
        return isRead ? Response(.notModified) : failed
    }

    private static var failed: Response {
        Problem.response(.preconditionFailed, "The resource is not the one that the request is for.")
    }
}
