internal import EventLoop
internal import HTTP
internal import System

/// One TCP connection from its first request to its last.
///
/// The loop calls ``ready(_:)`` and ``alarm()``; the exchange calls ``finished(_:)``. Each call serves the bytes that
/// are there. Requests are served one after the other, so that responses are in order, and a response leaves before the
/// connection waits for anything else.
final class Connection: EventHandler, DeadlineHandler, DispatchHandler {
    /// The events that a connection waits for.
    enum State {
        /// A request, of which a part may have arrived.
        case reading(Progress)
        /// The end of an exchange with the UDP service.
        case exchanging
        /// The answer to a question about all workers.
        case asking(Question)
        /// Its next call, after other connections.
        case pausing
        /// Room to write the responses that it has; then it continues, or ends.
        case writing(thenCloses: Bool)
        /// The end of the client's bytes, of which this many have been dropped.
        case lingering(Int)
        case closed
    }

    /// The part of the next request that has arrived, which decides about the deadline for the rest.
    enum Progress {
        case unknown, nothing, partOfHead, head
    }

    /// The reason why a connection ends before its client wants it to.
    enum Failure: Error {
        /// The bytes are not an acceptable request.
        case unserved(RequestReader.Failure)
        /// The gateway has no room for a request that comes in parts.
        case noRoom
        /// The gateway has no place for the connection.
        case noPlace
        /// The client began a request and did not finish it in time.
        case slow
        /// The client is gone.
        case gone
    }

    /// The properties of a request that its response depends on.
    struct Summary {
        /// Whether the client may send a further request: it has not said that this is its last (RFC 9112 9.3).
        var keepsAlive = true
        /// Whether the client asked for a persistent connection; HTTP/1.0 has to ask, and gets a confirmation.
        var asksToKeepAlive = false
        var method = Method.unknown
        var isHead: Bool { method == .head }
        /// The bytes of the payload, or of a question's content.
        var received = 0
        /// The fields that let a browser show the response to a page of another origin, and the caller's own identifier
        /// of the request.
        var fields = FieldLines()
        /// The caller's identifiers of the request, which are rare.
        var names: RequestNames?
    }

    let watch: Watch
    var socket: StreamSocket?
    let context: ConnectionContext
    /// Whether the gateway has no place for it.
    let isRefused: Bool
    var state = State.reading(.unknown)
    var deadline = Deadline()
    var reader = RequestReader()
    var output = SendBuffer()
    /// The replies in the output of which there may be many: their bytes count until they have left.
    var unsentReplies: ReplyCollection?
    /// The bytes that the kernel had from this connection and could not send when the wait for room began.
    var unsent = 0
    /// Whether there may be something to read.
    var isReadable = false
    /// Whether the kernel has reported the end of the client's bytes, which it does once.
    var endIsReported = false
    /// Whether it has reported the end of both directions, once as well.
    var isHungUp = false
    /// Whether the end of the client's bytes was read.
    var isAtEnd = false
    /// Whether the client does not read any more.
    var isGone = false
    /// The bytes that the connection has read since the gateway is about to end; nil where it has read none.
    var lastBytes: LastBytes?
    var summary = Summary()
    /// Whether the current response leaves in chunks, of which the first has been written.
    var isStreaming = false
    /// Whether that response has said that it is the last.
    var streamIsLast = false
    /// The properties of the request that the response to its exchange depends on; nil where the plain reply is the
    /// response.
    var options: ReplyOptions?
    /// The service of the plain request under way, where it is not the one that is at `/` now.
    var service: ServiceRoute?
    /// The received bytes that were not served.
    var discarded = 0
    /// The number of answered requests, and the start of the connection.
    var served = 0
    let start: MonotonicTime
    /// The time when the current request was complete, or its first part had arrived.
    var began: MonotonicTime
    /// The bytes of a stream so far, and the client's address in words, once the log needed it.
    var streamed = 0
    var client: [UInt8] = []

    /// The most requests in a row; then other connections are served.
    static let mostAtOnce = 16
    /// The most bytes of responses that wait for further ones before they are written.
    static let burst = 65_536

    /// Takes over a socket.
    ///
    /// - `isRefused`: whether the gateway has no place for it; otherwise it counts as an open connection.
    init(socket: consuming StreamSocket, isRefused: Bool = false, context: ConnectionContext) throws(SystemError) {
        watch = try context.loop.watch(socket.descriptor, as: .stream)
        self.socket = .some(socket)
        self.context = context
        self.isRefused = isRefused
        start = context.loop.now
        began = start
        context.loop.setHandler(self, of: watch)
        context.add(self)
        // Most clients have sent their first request by the time of accept(2).
        isReadable = true
        if isRefused { turnAway() } else { advance() }
    }

    // MARK: - Events

    /// The kernel has reported an event, or the loop calls the connection again.
    func ready(_ readiness: Readiness) {
        if readiness.contains(.toRead) { isReadable = true }
        if readiness.contains(.ended) { noteEnd(readiness) }
        switch state {
        case .reading: advance()
        case .pausing where readiness.isEmpty:
            state = .reading(.unknown)
            advance()
        case .exchanging where readiness.contains(.hungUp) && options?.collection != nil:
            abandonCollecting()
        case .writing, .exchanging: if readiness.contains(.toWrite), !output.isEmpty { rest() }
        case .lingering(let count): discard(count)
        case .asking, .pausing, .closed: return
        }
    }

    func alarm() {
        guard deadline.hasPassed(for: self, on: context.loop) else { return }
        switch state {
        case .reading(.partOfHead), .reading(.head): refuse(.slow)
        case .writing: if hasRead { rest() } else { stall() }
        case .reading, .lingering, .closed: close()
        case .exchanging: options?.collection?.cut()
        case .asking, .pausing: preconditionFailure("the gateway's own work has no deadline here")
        }
    }

    /// The exchange of the current request has ended.
    func finished(_ outcome: Result<Reply, GatewayError>) {
        guard case .exchanging = state else { preconditionFailure("only an exchange under way ends") }
        state = .reading(.unknown)
        let options = takeOptions()
        unsentReplies = options?.collection
        if isStreaming {
            endStream(options)
        } else {
            let response = ReplyResponse.response(to: outcome, options)
            note(response, to: options, try? outcome.get())
            // The response has them now.
            unsentReplies?.dropItems()
            answer(with: response)
        }
        proceed()
    }

    /// The options of the exchange that has ended; those of a plain request name its service, where that is not at `/`.
    private func takeOptions() -> ReplyOptions? {
        guard let service = service.take() else { return options.take() }
        return ReplyOptions(.bytes(mirroring: nil), route: service)
    }

    /// The exchange has ended with a reply; nearly all replies leave from their buffer, after a head.
    func replied(_ reply: Reply) {
        guard options == nil, reply.attempts == 1, summary.fields.isEmpty, output.isEmpty, case .exchanging = state
        else { return finished(.success(reply)) }
        state = .reading(.unknown)
        if summary.keepsAlive, !isLast {
            pass(reply, in: context.frame(reply, isKeepAlive: summary.asksToKeepAlive))
        } else {
            passLast(reply)
        }
        if service != nil { service = nil }
        proceed()
    }

    /// The answer about all workers has come.
    func finished(_ response: Response) {
        guard case .asking(let question) = state else {
            preconditionFailure("only a connection that asked gets an answer")
        }
        state = .reading(.unknown)
        note(response, to: question)
        answer(with: response)
        advance()
    }

    // MARK: - Continuing

    /// Continues after an exchange.
    ///
    /// A request that has come already is served after the other handlers of this iteration: its responses leave before
    /// its next datagrams. So the kernel wakes the clients once and then the service once. Where sends to either
    /// alternate, a client that pipelines makes it wake one of them for nearly every send, which costs more than the
    /// gateway's own work.
    @inline(__always)
    func proceed() {
        if !reader.buffer.isEmpty { return pause() }
        if isReadable { advance() } else { rest() }
    }

    /// Serves the bytes that are there; then all responses leave.
    func advance() {
        var count = 0
        while case .reading = state {
            if isGone || output.count > mostUnsent, !mayServeOn() { break }
            do throws(Failure) {
                guard try hasRequest() else { break }
                if let partial = reader.partial { serve(partial) } else { serve(context.spareRequest) }
            } catch {
                return refuse(error)
            }
            count += 1
            if count == Self.mostAtOnce { return pause() }
        }
        rest()
    }

    /// The most bytes of responses that may wait when a further request is served: collected replies count until they
    /// have left, and those of the next request would be counted in their place.
    private var mostUnsent: Int { unsentReplies == nil ? Self.burst : 0 }

    /// Whether a request is complete; false where the connection has to wait.
    @inline(__always)
    func hasRequest() throws(Failure) -> Bool {
        while true {
            do throws(RequestReader.Failure) {
                if !reader.buffer.isEmpty {
                    switch try reader.next(context) {
                    case .request: return true
                    case .invite: append(InterimResponse.continueBytes)
                    case .more: break
                    }
                }
            } catch {
                throw .unserved(error)
            }
            guard isReadable, try receive() else { return false }
        }
    }

    /// Prepares a wait: responses leave, and buffers that are not needed are released.
    func rest() {
        let isWritten = output.isEmpty || flush()
        switch state {
        case .lingering, .closed: return
        case .reading where isGone, .writing where isGone: return leave()
        case .writing(let thenCloses) where isWritten:
            if thenCloses { return linger() }
            state = .reading(.unknown)
            return advance()
        case .writing: awaitRoom()
        case .reading where !isWritten:
            state = .writing(thenCloses: isAtEnd)
            awaitRoom()
        case .reading(let progress): if !awaitRequest(progress) { return }
        case .exchanging, .asking, .pausing: break
        }
        do { try reader.buffer.settle(context) } catch { runOutOfRoom() }
    }

    /// Lets other connections be served first.
    func pause() {
        guard case .reading = state else { return rest() }
        deadline.clear()
        state = .pausing
        context.counts.yields += 1
        context.loop.callAgain(self)
        rest()
    }

    func setDeadline(_ time: Interval) {
        context.set(&deadline, after: time, for: self)
    }
}
