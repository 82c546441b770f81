internal import HTTP

/// Finds the requests of a connection in the bytes that it receives.
struct RequestReader: ~Copyable {
    /// What the bytes at hand come to.
    enum Step {
        /// A request that is complete.
        case request(Request)
        /// More must come.
        case more
        /// More must come, and the client waits to be told to send it (RFC 9110 10.1.1).
        case invite
    }

    /// Why the bytes are no request that is served.
    enum Failure: Error {
        /// They are no request.
        case refused(RequestError)
        /// The content is longer than its route takes.
        case tooLong
        /// The head alone decides, and the client waits with the content.
        case declined(Response)
    }

    var buffer = ReceiveBuffer()
    /// The request that has come in part.
    private var partial: Request?

    /// Whether the head of a request has come, and its content has not.
    var hasHead: Bool { partial?.hasHead ?? false }

    /// The next request in the bytes.
    @inline(__always)
    mutating func next(_ context: ConnectionContext) throws(Failure) -> Step {
        guard !buffer.isEmpty else { return .more }
        let request = partial ?? context.spareRequest
        let hasHead: Bool
        do { hasHead = try buffer.readHead(of: request) } catch {
            // The announced length alone was too large: the head is complete up to there.
            throw error.reason == .bodyTooLarge ? .tooLong : .refused(error)
        }
        guard hasHead else {
            keep(request, context)
            return .more
        }
        var end = lengthAtHand(of: request, context)
        if end == nil { end = try contentEnd(of: request, context) }
        guard let length = end else {
            keep(request, context)
            return try invitation(for: request, context)
        }
        buffer.closeMessage(at: length)
        request.take(buffer.message)
        return .request(request)
    }

    /// Keeps a request that has come in part; the worker's next one gets another object.
    private mutating func keep(_ request: Request, _ context: ConnectionContext) {
        guard partial == nil else { return }
        partial = request
        context.spareRequest = Request(limits: context.requestLimits.form)
    }

    /// Forgets the request that was served; what follows it stays.
    mutating func finish(_ request: Request, _ context: ConnectionContext) {
        request.finish()
        buffer.finishMessage()
        if partial != nil { partial = nil }
    }

    /// Forgets everything.
    mutating func giveUp(_ context: ConnectionContext) {
        // What was begun in the worker's own object is not gone on with.
        if partial == nil { context.spareRequest.reset() }
        partial = nil
        buffer.giveUp(context)
    }

    /// How long the request is, if all of it has come, as of most; nil where something is still to come or to be done.
    @inline(__always)
    private func lengthAtHand(of request: Request, _ context: ConnectionContext) -> Int? {
        let headLength = request.parser.head.length
        switch request.parser.head.framing {
        case .none: return headLength
        case .length(let length):
            guard headLength + length <= buffer.count, length <= context.requestLimits.letter.maxBody else {
                return nil
            }
            return headLength + length
        case .chunked: return nil
        }
    }

    /// How long the request is without its coding, if all of it has come; its limits are those of its route.
    @inline(never)
    private mutating func contentEnd(of request: Request, _ context: ConnectionContext) throws(Failure) -> Int? {
        let head = request.head
        let limits = self.limits(of: head, context)
        guard case .length(let length) = head.framing else {
            var decoder = request.decoder ?? ChunkedDecoder(limits: limits)
            defer { request.decoder = decoder }
            do {
                return try buffer.decode(&decoder, after: head.length)
            } catch {
                throw error.reason == .bodyTooLarge ? .tooLong : .refused(error)
            }
        }
        guard length <= limits.maxBody else { throw .tooLong }
        return head.length + length <= buffer.count ? head.length + length : nil
    }

    private func limits(of head: RequestHead, _ context: ConnectionContext) -> Limits {
        switch context.router.contentKind(head.method, buffer.path(of: head), query: buffer.query(of: head)) {
        case .letter: context.requestLimits.letter
        case .written: context.requestLimits.written
        case .form: context.requestLimits.form
        }
    }

    /// Whether the client waits to be told to send its content; a head that alone decides is answered without it.
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
