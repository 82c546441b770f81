internal import EventLoop
internal import HTTP
internal import System

/// A connection's lines of the access log. No state is stored for them while a request succeeds: the exchange and the
/// response have all values of a line.
extension Connection {
    /// Logs a response whose request is still there.
    func note(_ response: Response, to request: Request) {
        guard let log = context.accessWriter, log.wants(Int(response.status.code)) else { return }
        var entry = AccessEntry(response)
        entry.method = request.bytes(request.head.methodRange.range)
        entry.path = request.path
        entry.service = context.router.service(of: request)?.service.path ?? entry.service
        entry.received = request.body.count
        finish(entry, log)
    }

    /// Logs the response to a payload, with the record of its exchange.
    func note(_ response: Response, to options: ReplyOptions?, _ reply: Reply? = nil) {
        guard let log = context.accessWriter, log.wants(Int(response.status.code)) else { return }
        finish(entry(AccessEntry(response), options, reply), log)
    }

    /// Logs an answer about all workers.
    func note(_ response: Response, to question: Question) {
        guard let log = context.accessWriter, log.wants(Int(response.status.code)) else { return }
        finish(entry(AccessEntry(response), question), log)
    }

    /// Logs a reply that was sent, or could not be.
    @inline(never)
    func note(_ reply: Reply) {
        guard let log = context.accessWriter else { return }
        let options = service.map { ReplyOptions(.bytes(mirroring: nil), route: $0) }
        if isGone {
            guard log.wants(AccessEntry.clientClosed) else { return }
            return finish(entry(AccessEntry(.closed), options, reply), log)
        }
        if options != nil {
            var entry = entry(AccessEntry(Response(.ok)), options, reply)
            entry.sent = reply.length
            return finish(entry, log)
        }
        log.write(
            reply, to: clientName(), from: context.upstream.nameOfLast, total: total,
            received: summary.received, names: summary.names)
    }

    /// Logs a client that has left with a request under way, or before it was complete.
    func noteClientLeft(_ options: ReplyOptions?) {
        guard let log = context.accessWriter, log.wants(AccessEntry.clientClosed) else { return }
        finish(entry(AccessEntry(.closed), options, nil), log)
    }

    /// Logs bytes that are not an acceptable request; without a response for a client that is gone.
    func note(_ response: Response?, toBytes bytes: ArraySlice<UInt8>) {
        note(response.map { AccessEntry($0) } ?? AccessEntry(.closed), bytes: bytes)
    }

    /// Logs responses that will not leave.
    func noteUnsent(_ interruption: AccessEntry.Interruption) {
        guard !output.isEmpty, let log = context.accessWriter, log.wants(interruption.status) else { return }
        var entry = AccessEntry(interruption)
        entry.unsent = output.count
        log.write(entry, client: clientName())
    }

    /// Logs all that the end of the gateway cuts, and returns the number of lines that it has with a complete log: the
    /// request under way, bytes that are not served yet, and responses that have not left.
    ///
    /// - `exchanges`: those under way, by their handlers.
    func noteCut(_ exchanges: [ObjectIdentifier: Exchange]) -> Int {
        let underWay = entryUnderWay(exchanges)
        if let underWay, let log = context.accessWriter, log.wants(underWay.status) { finish(underWay, log) }
        if !reader.buffer.isBlank { note(AccessEntry(.cut), bytes: reader.buffer.content) }
        // The bytes of a stream belong to the request under way.
        let hasUnsent = !output.isEmpty && !isStreaming
        if hasUnsent { noteUnsent(.cut) }
        return [underWay != nil, !reader.buffer.isBlank, hasUnsent].count { $0 }
    }

    // MARK: - Parts

    private var total: Interval { context.loop.now.since(began) }

    private func note(_ start: AccessEntry, bytes: ArraySlice<UInt8>) {
        guard let log = context.accessWriter, log.wants(start.status) else { return }
        var entry = start
        entry.readLine(of: bytes)
        entry.service = reader.service(context)?.service.path ?? entry.service
        entry.received = RawHead.contentLength(in: bytes)
        let names = RequestNames(ofRefused: bytes, maxID: context.configuration.maxRequestID)
        write(entry, log, names, isHead: RawHead.isHead(bytes))
    }

    /// The entry of a request that waits for its service or for the other workers.
    private func entryUnderWay(_ exchanges: [ObjectIdentifier: Exchange]) -> AccessEntry? {
        switch state {
        case .exchanging:
            let options = options ?? service.map { ReplyOptions(.bytes(mirroring: nil), route: $0) }
            let collection = options?.collection
            var entry = entry(AccessEntry(.cut), options, nil)
            let exchange = collection?.exchanges.last ?? exchanges[ObjectIdentifier(self)]
            (entry.exchange, entry.backend) = (exchange?.record ?? ExchangeRecord(), exchange?.backend?.name ?? [])
            if let collection { entry.exchange.attempts = collection.attempts }
            return entry
        case .asking(let question): return entry(AccessEntry(.cut), question)
        default: return nil
        }
    }

    /// Completes the entry of the current request, and writes it.
    private func finish(_ entry: AccessEntry, _ log: AccessWriter) {
        write(entry, log, summary.names, isHead: summary.isHead)
    }

    private func write(_ entry: AccessEntry, _ log: AccessWriter, _ names: RequestNames?, isHead: Bool) {
        var entry = entry
        // The loop's clock has stood still since the request was read, where its answer needs no service.
        entry.total = MonotonicTime.now().since(began)
        entry.names = names
        if entry.takesNames { entry.sent += names?.members.count ?? 0 }
        if isHead { entry.sent = 0 }
        log.write(entry, client: clientName())
    }

    /// An entry for a request whose bytes are gone.
    private func entry(_ start: AccessEntry, _ options: ReplyOptions?, _ reply: Reply?) -> AccessEntry {
        var entry = start
        let route = options?.route
        entry.method = Self.words(summary.method)
        entry.path = (options?.isOfPage == true ? RouteTable.form : route?.service.path ?? "/").bytes
        entry.service = route?.service.path ?? "/"
        entry.received = summary.received
        let upstream = route?.upstream ?? context.upstream
        (entry.exchange, entry.backend) = (upstream.last, upstream.nameOfLast)
        if let reply { (entry.exchange.attempts, entry.exchange.elapsed) = (reply.attempts, reply.elapsed) }
        if let collection = options?.collection { entry.exchange.attempts = collection.attempts }
        if isStreaming { entry.sent = streamed }
        return entry
    }

    /// An entry for a question, whose bytes are gone, too.
    private func entry(_ start: AccessEntry, _ question: Question) -> AccessEntry {
        var entry = start
        entry.method = Self.words(summary.method)
        entry.path = question.rawValue.bytes
        entry.received = summary.received
        return entry
    }

    /// The address of the client, put into words once.
    private func clientName() -> [UInt8] {
        if client.isEmpty { client = Array((socket?.peer.map { "\($0)" } ?? "unix:").utf8) }
        return client
    }

    private static func words(_ method: Method) -> ArraySlice<UInt8> { "\(method)".uppercased().bytes }
}
