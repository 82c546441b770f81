internal import EventLoop
internal import HTTP
internal import System

/// A response of several replies: each leaves as it comes where the caller wants it so.
extension Connection: ReplyListener {
    /// Begins an exchange with another kind of answer than one reply from the address that is asked.
    ///
    /// - `isStreamable`: whether the client knows chunks (RFC 9112 7.1), which HTTP/1.0 does not.
    func collect(
        _ payload: ArraySlice<UInt8>, _ options: ReplyOptions, isStreamable: Bool
    ) -> GatewayError? {
        guard let collection = options.collection else { preconditionFailure("replies are collected somewhere") }
        if case .replies(.lines, _) = options.form, isStreamable, !summary.isHead { collection.listener = self }
        let upstream = options.route?.upstream ?? context.upstream
        return upstream.collect(
            payload, into: collection, patience: options.wait.map { .seconds(UInt64($0)) }, trace: options.trace,
            for: self)
    }

    /// Lets a reply leave.
    func received(_ reply: ReplyCollection.Item) {
        guard case .exchanging = state, let options, let collection = options.collection else { return }
        output.prepare(context)
        if !isStreaming { beginStream() }
        let line = context.router.line(reply, collection.policy, options.notation)
        context.writer.addChunk(Array(line.utf8), to: &output.bytes)
        rest()
        if isGone { stopCollecting(isHungUp: true) }
    }

    private func beginStream() {
        isStreaming = true
        summary.keepsAlive = summary.keepsAlive && !isLast
        let connection: ResponseHead.Connection =
            summary.keepsAlive ? (summary.asksToKeepAlive ? context.writer.keepAlive : .persistent) : .close
        context.writer.beginChunks(
            CollectionResponse.lines, summary.crossOrigin, to: &output.bytes, connection: connection)
        context.counts.count(.ok)
    }

    /// The last reply has come.
    func endStream(_ options: ReplyOptions?) {
        isStreaming = false
        served += 1
        output.prepare(context)
        let end = options?.collection.map(CollectionResponse.end(of:)) ?? ""
        if !end.isEmpty { context.writer.addChunk(Array(end.utf8), to: &output.bytes) }
        context.writer.addChunk([], to: &output.bytes)
        if !summary.keepsAlive { finish() }
    }

    /// The caller has ended its side, as one does that has left: it gets what has come by now.
    ///
    /// One reply is waited for all the same, as for any other caller that has said all it had to say.
    func stopCollecting(isHungUp: Bool) {
        guard let collection = options?.collection else { return }
        if isHungUp {
            collection.exchange?.abandon()
            close()
        } else if !collection.policy.isSingle {
            collection.cut()
        }
    }
}
