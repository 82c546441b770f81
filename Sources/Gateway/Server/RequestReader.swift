internal import HTTP

/// Finds the requests of a connection in its received bytes.
struct RequestReader: ~Copyable {
    /// The result of a look at the bytes.
    enum Step {
        /// A complete request: the partial one, or the worker's.
        case request
        /// More bytes are needed.
        case more
        /// More bytes are needed, and the client waits for `100 Continue` (RFC 9110 10.1.1).
        case invite
    }

    /// The reason why the bytes are not an acceptable request.
    enum Failure: Error {
        /// They are malformed.
        case refused(RequestError)
        /// The head alone determines the response, or the length of the content does.
        case declined(Response)
    }

    var buffer = ReceiveBuffer()
    /// The request that has arrived in part.
    private(set) var partial: Request?

    /// Whether the head of a request has arrived, and its content has not.
    var hasHead: Bool { partial?.hasHead ?? false }

    /// The next request in the bytes.
    @inline(__always)
    mutating func next(_ context: ConnectionContext) throws(Failure) -> Step {
        guard !buffer.isEmpty else { return .more }
        if let partial { return try next(partial, context) }
        return try next(context.spareRequest, context)
    }

    @inline(__always)
    private mutating func next(_ request: Request, _ context: ConnectionContext) throws(Failure) -> Step {
        let hasHead: Bool
        do { hasHead = try buffer.readHead(of: request) } catch {
            guard error.reason == .bodyTooLarge else { throw .refused(error) }
            // The announced length alone was too large: the head is complete up to there, and may lack the token.
            request.take(buffer.content)
            throw .declined(context.router.refuseContent(of: request, knowsCaller: false))
        }
        guard hasHead else {
            _ = keep(request)
            return .more
        }
        var end = lengthAtHand(of: request, context)
        if end == nil { end = try contentEnd(of: request, context) }
        guard let length = end else {
            return try invitation(for: keep(request), context)
        }
        buffer.closeMessage(at: length)
        return .request
    }

    /// Stores a request that has arrived in part in an object of its own; the worker's object takes the next one.
    private mutating func keep(_ request: Request) -> Request {
        if let partial { return partial }
        let own = Request(continuing: request)
        partial = own
        request.reset()
        return own
    }

    /// The service of a request whose head has arrived and which is not complete, or is refused; nil without such a head.
    func service(_ context: ConnectionContext) -> ServiceRoute? {
        let request = partial ?? context.spareRequest
        guard request.hasHead else { return nil }
        request.take(buffer.content)
        return context.router.service(of: request)
    }

    /// Gives a request its bytes.
    mutating func fill(_ request: Request) { request.take(buffer.message) }

    /// The length of the content.
    func contentLength(of request: Request) -> Int { buffer.messageLength - request.parser.head.length }

    /// Lends the content of a request that has not got its bytes.
    ///
    /// It is `mutating` and changes nothing: reading would otherwise retain the buffer.
    @inline(__always)
    mutating func withContent<Result>(of request: Request, _ body: (Span<UInt8>) -> Result) -> Result {
        buffer.withMessage { body($0.extracting(droppingFirst: request.parser.head.length)) }
    }

    /// Drops the served request; the bytes after it stay.
    @inline(__always)
    mutating func finish(_ request: Request) {
        buffer.finishMessage()
        if partial == nil { request.finish() } else { partial = nil }
    }

    /// Drops everything.
    mutating func giveUp(_ context: ConnectionContext) {
        // The worker's own object does not continue a request.
        if partial == nil { context.spareRequest.reset() }
        partial = nil
        buffer.giveUp(context)
    }

    /// The length of a complete request, as most are; nil where bytes or a further step are missing.
    @inline(__always)
    private func lengthAtHand(of request: Request, _ context: ConnectionContext) -> Int? {
        let headLength = request.parser.head.length
        switch request.parser.head.framing {
        case .none: return headLength
        case .length(let length):
            guard headLength + length <= buffer.count, length <= context.requestLimits.payload.maxBody else {
                return nil
            }
            return headLength + length
        case .chunked: return nil
        }
    }

    /// The length of a complete request without its coding; the limits are those of its route.
    @inline(never)
    private mutating func contentEnd(of request: Request, _ context: ConnectionContext) throws(Failure) -> Int? {
        let head = request.head
        let limits = self.limits(of: head, context)
        guard case .length(let length) = head.framing else {
            var decoder = request.decoder ?? ChunkedDecoder(limits: limits)
            do {
                let end = try buffer.decode(&decoder, after: head.length)
                request.decoder = end == nil ? decoder : nil
                return end
            } catch {
                throw error.reason == .bodyTooLarge ? .declined(refuseContent(of: request, context)) : .refused(error)
            }
        }
        guard length <= limits.maxBody else { throw .declined(refuseContent(of: request, context)) }
        return head.length + length <= buffer.count ? head.length + length : nil
    }

    /// Refuses content that is too long for its route, of which a caller without permission hears nothing.
    private func refuseContent(of request: Request, _ context: ConnectionContext) -> Response {
        request.take(buffer.content)
        return context.router.refuseCaller(request) ?? context.router.refuseContent(of: request, knowsCaller: true)
    }

    private func limits(of head: RequestHead, _ context: ConnectionContext) -> Limits {
        switch context.router.contentKind(head.method, buffer.path(of: head), query: buffer.query(of: head)) {
        case .payload: context.requestLimits.payload
        case .encoded: context.requestLimits.encoded
        case .form: context.requestLimits.form
        }
    }

    /// The step of a client that waits for `100 Continue`; a head that alone determines the response gets it without
    /// the content.
    private func invitation(for request: Request, _ context: ConnectionContext) throws(Failure) -> Step {
        guard request.head.expectsContinue, !request.hasInvitation, buffer.count == request.head.length else {
            return .more
        }
        request.take(buffer.content)
        if let refusal = context.router.judgeHead(of: request) { throw .declined(refusal) }
        request.take([])
        request.hasInvitation = true
        return .invite
    }
}
