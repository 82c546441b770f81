internal import EventLoop
internal import HTTP
internal import System

/// Payloads whose answer the router has decided about: one reply, none, or several, which leave one by one where the
/// caller wants it.
extension Connection: ReplyListener {
    /// Sends a payload.
    ///
    /// Several replies leave one by one where the client wants it and supports chunks (RFC 9112 7.1), which HTTP/1.0
    /// does not.
    func send(_ payload: ArraySlice<UInt8>, _ options: ReplyOptions?, of request: Request) {
        summary.received = payload.count
        if case .replies(.lines, let collection) = options?.form, request.head.minorVersion > 0, !summary.isHead {
            collection.listener = self
        }
        let beginning = context.begin(payload, options, for: self)
        reader.finish(request)
        switch beginning {
        case .sent: answerSent(options)
        case .failed(let failure): answer(to: failure, options)
        case .underWay:
            if options != nil { self.options = options }
            state = .exchanging
            if isHungUp {
                abandonCollecting()
            } else if context.isDraining || endIsReported {
                boundCollecting()
            }
        }
    }

    /// The datagram that expects no reply has left.
    func sent() {
        guard case .exchanging = state else { preconditionFailure("only a datagram under way leaves") }
        state = .reading(.unknown)
        answerSent(options.take())
        proceed()
    }

    private func answerSent(_ options: ReplyOptions?) {
        guard let options else { preconditionFailure("a plain request waits for its reply") }
        let response = ReplyResponse.sent(options)
        note(response, to: options)
        answer(with: response)
    }

    /// Takes note of the end of the client's bytes.
    ///
    /// The client may still read (RFC 9112 9.6), and may be gone as well.
    func noteEnd(_ readiness: Readiness) {
        if readiness.contains(.hungUp) { isHungUp = true }
        guard !endIsReported else { return }
        endIsReported = true
        if case .exchanging = state { boundCollecting() }
    }

    /// Bounds a collection because the caller has ended its side or the gateway is about to end: it lasts as long as a
    /// wait for one reply, and at most for the drain.
    func boundCollecting() {
        guard let options, let collection = options.collection, !collection.policy.isSingle else { return }
        let configuration = options.route.service.configuration
        let half = Interval(nanoseconds: configuration.drainTimeout.nanoseconds / 2)
        let most = context.isDraining ? min(configuration.timeout, half) : configuration.timeout
        let whole = options.wait.map { .seconds(UInt64($0)) } ?? collection.policy.wait ?? configuration.timeout
        // One that ends by itself by then is not cut.
        if most < whole { deadline.shorten(to: context.loop.now + most, for: self, on: context.loop) }
    }

    /// Sends a reply of a stream.
    func received(_ reply: ReplyCollection.Item) {
        guard case .exchanging = state, let options, let collection = options.collection else { return }
        output.prepare(context)
        if !isStreaming { beginStream(options) }
        let line = CollectionResponse.line(reply, of: collection, options.notation)
        context.writer.addChunk(Array(line.utf8), to: &output.bytes)
        streamed += line.utf8.count
        rest()
        if isGone { abandonCollecting() }
    }

    private func beginStream(_ options: ReplyOptions) {
        (isStreaming, streamed) = (true, 0)
        streamIsLast = !summary.keepsAlive || isLast
        var fields = summary.fields
        if options.caching != nil { fields.add(.cacheControl, FieldValue("no-store")) }
        ReplyResponse.confirm(options.wait, in: &fields)
        context.writer.beginChunks(
            CollectionResponse.lines, fields, to: &output.bytes, connection: connection(!streamIsLast))
        context.counts.count(.ok)
    }

    /// Ends the stream after the last reply.
    func endStream(_ options: ReplyOptions?) {
        let end = options?.collection.map(CollectionResponse.end(of:)) ?? ""
        streamed += end.utf8.count
        note(Response(.ok), to: options)
        isStreaming = false
        served += 1
        output.prepare(context)
        if !end.isEmpty { context.writer.addChunk(Array(end.utf8), to: &output.bytes) }
        context.writer.addChunk([], to: &output.bytes)
        if streamIsLast { finish() }
    }

    /// Ends a collection, because the caller has left.
    ///
    /// A plain wait for a reply continues all the same, as for any other caller that has sent everything.
    func abandonCollecting() {
        guard let collection = options?.collection else { return }
        collection.exchanges.last?.recordEnd()
        collection.abandon()
        noteClientLeft(options)
        close()
    }
}
