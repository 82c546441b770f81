internal import EventLoop
internal import HTTP
internal import System

// A request's way through its connection: its bytes are received, it is served, and its response is written.

/// Receives the bytes of a connection.
extension Connection {
    /// Takes the bytes that have arrived; false where there are none.
    @inline(__always)
    func receive() throws(Failure) -> Bool {
        let room: Int
        do { room = try reader.buffer.makeRoom(context) } catch { throw .noRoom }
        let received: Int?
        do {
            received = try reader.buffer.fill { (bytes, room) throws(SystemError) in
                try socket?.receive(into: &bytes, room)
            }
        } catch {
            throw .gone
        }
        guard let count = received, count > 0 else {
            isReadable = false
            isAtEnd = received == 0
            // An unfinished request gets no answer; those before it do.
            if isAtEnd, !reader.buffer.isEmpty { throw .gone }
            return false
        }
        if case .reading(.nothing) = state {
            context.idle.leave(watch)
            state = .reading(.unknown)
        }
        if context.isEnding { noteLast(count) }
        isReadable = count == room || endIsReported
        return true
    }

    /// Handles bytes after the current request for which there is no room.
    func runOutOfRoom() {
        if reader.buffer.isBlank { return reader.giveUp(context) }
        switch state {
        case .exchanging, .asking:
            // Its response comes first, and is the last: the bytes after it are not served.
            context.counts.bufferShortages += 1
            discarded += reader.buffer.count
            reader.giveUp(context)
        case .reading: refuse(.noRoom)
        default:
            began = context.loop.now
            refuse(.noRoom)
        }
    }

    /// Waits for a request, or for the rest of one; false where none will come.
    @inline(__always)
    func awaitRequest(_ progress: Progress) -> Bool {
        // Line ends may come before a request, and begin none.
        if reader.buffer.isEmpty || reader.buffer.isBlank {
            if isAtEnd || (context.isDraining && !isNew) {
                close()
                return false
            }
            if case .nothing = progress { return true }
            state = .reading(.nothing)
            context.idle.enter(watch)
            setDeadline(context.isDraining ? context.configuration.lingerTimeout : context.configuration.idleTimeout)
        } else if reader.hasHead {
            if case .head = progress { return true }
            if case .partOfHead = progress {} else { began = context.loop.now }
            state = .reading(.head)
            setDeadline(context.configuration.bodyTimeout)
        } else {
            if case .partOfHead = progress { return true }
            began = context.loop.now
            state = .reading(.partOfHead)
            setDeadline(context.configuration.headerTimeout)
        }
        return true
    }
}

/// The way of a complete request: a plain one goes straight to its service, any other where the router decides.
extension Connection {
    /// Serves a complete request, and drops it.
    func serve(_ request: Request) {
        deadline.clear()
        if case .reading(.unknown) = state { began = context.loop.now }
        state = .reading(.unknown)
        summary.keepsAlive = request.head.keepsAlive
        summary.asksToKeepAlive = request.head.asksToKeepAlive
        summary.method = request.head.method
        guard request.isPlain, summary.names == nil else { return answer(request) }
        if request.isForRoot, context.takesPlain {
            guard reader.contentLength(of: request) <= context.longestAtRoot else { return answer(request) }
            return sendOn(request)
        }
        if let service = plainService(of: request) { return sendOn(request, to: service) }
        answer(request)
    }

    /// The service that gets a plain request's content without further checks; nil where the router decides.
    private func plainService(of request: Request) -> ServiceRoute? {
        let router = context.router
        if let route = request.cachedRoute, route.router === router { return route.service }
        reader.fill(request)
        let service = router.plainService(at: request.path)
        request.cachedRoute = Request.CachedRoute(router: router, service: service)
        return service
    }

    /// Sends the content on to the service at `/`, without further checks.
    @inline(__always)
    func sendOn(_ request: Request) {
        let failure = reader.withContent(of: request) { content in
            summary.received = content.count
            return context.begin(content, for: self)
        }
        reader.finish(request)
        if let failure { return answer(to: failure, nil) }
        state = .exchanging
    }

    /// Sends the content on to a service at another path, if it fits.
    @inline(never)
    private func sendOn(_ request: Request, to service: ServiceRoute) {
        let length = reader.contentLength(of: request)
        guard length <= service.longestDatagram else { return answer(request) }
        summary.received = length
        let failure = reader.withContent(of: request) { service.upstream.begin($0, for: self) }
        reader.finish(request)
        if let failure { return answer(to: failure, ReplyOptions(.bytes(mirroring: nil), route: service)) }
        self.service = service
        state = .exchanging
    }

    /// Keeps the service of a plain request under way, because another one will be at `/`.
    func keepService(_ root: ServiceRoute?) {
        if case .exchanging = state, options == nil, service == nil { service = root }
    }

    /// Carries out the router's decision.
    @inline(never)
    func answer(_ request: Request) {
        reader.fill(request)
        if context.isForOtherOrigins || request.isNamed || summary.names != nil { prepareFields(for: request) }
        switch context.router.route(request) {
        case .response(let response):
            note(response, to: request)
            reader.finish(request)
            answer(with: response)
        case .question(let question):
            let response = context.response(to: question, of: request)
            summary.received = request.body.count
            reader.finish(request)
            if let response {
                note(response, to: question)
                return answer(with: response)
            }
            state = .asking(question)
            context.questions.add((question, self))
        case .send(let payload, let options): send(payload, options, of: request)
        }
    }
}

/// Answers requests, and decides whether the connection persists.
extension Connection {
    /// Sends the connection's last reply.
    @inline(never)
    func passLast(_ reply: Reply) {
        pass(reply, in: context.frameLast(reply))
        finish()
    }

    /// Sends a reply from the buffer that it was received into.
    ///
    /// - `range`: its place in the buffer, with the head in front of it.
    @inline(__always)
    func pass(_ reply: Reply, in range: Range<Int>) {
        served += 1
        do {
            let sent = try reply.buffer.bytes.lend(range) { bytes throws(SystemError) in try socket?.send(bytes) } ?? 0
            if sent < range.count { append(reply.buffer.bytes[range.dropFirst(sent)]) }
            if context.logsAll { note(reply) }
        } catch {
            isGone = true
            note(reply)
        }
    }

    /// Answers a request whose exchange has failed at once.
    func answer(to failure: GatewayError, _ options: ReplyOptions?) {
        let response = ReplyResponse.response(to: .failure(failure), options)
        note(response, to: options)
        answer(with: response)
    }

    /// Appends a response to those that wait to leave.
    func answer(with response: Response) {
        let goesOn = summary.keepsAlive && !response.closes && !isLast
        served += 1
        write(response, connection(goesOn))
        if !goesOn { finish() }
    }

    /// The connection's future as the client is told.
    @inline(__always)
    func connection(_ goesOn: Bool) -> ResponseHead.Connection {
        goesOn ? (summary.asksToKeepAlive ? context.writer.keepAlive : .persistent) : .close
    }

    /// Whether the next response is the last one.
    @inline(__always)
    var isLast: Bool {
        discarded > 0 || served + 1 >= context.configuration.maxRequestsPerConnection
            || context.isEnding && isLastInTime
    }

    /// Prepares the fields that every response to the request has.
    @inline(never)
    func prepareFields(for request: Request) {
        summary.names =
            request.isNamed ? RequestNames(of: request, maxID: context.configuration.maxRequestID) : nil
        let origin = request.value(of: .origin)
        summary.fields = context.router.crossOrigin.fields(for: origin)
        if let names = summary.names { summary.fields.add(names.fields) }
    }

    func write(_ response: Response, _ connection: ResponseHead.Connection) {
        var response = response
        response.fields.add(summary.fields)
        summary.names?.enter(&response)
        output.prepare(context)
        context.writer.write(
            response, to: &output.bytes, withContent: !summary.isHead, connection: connection)
        context.counts.count(response)
    }

    func append(_ bytes: some Collection<UInt8>) {
        output.prepare(context)
        output.bytes.append(contentsOf: bytes)
    }

    /// Answers a client without an acceptable request, if it may get an answer, and ends.
    func refuse(_ failure: Failure) {
        if case .reading(.unknown) = state { began = context.loop.now }
        if let response = response(to: failure) {
            let bytes = reader.buffer.content
            let names = RequestNames(ofRefused: bytes, maxID: context.configuration.maxRequestID)
            summary = Summary(
                // RFC 9110 9.3.2, also where the fault is in the rest of the line that begins with the method.
                method: RawHead.isHead(bytes) ? .head : .unknown,
                fields: context.router.crossOrigin.fields(for: RawHead.value(of: "origin:", in: bytes)), names: names)
            if let names { summary.fields.add(names.fields) }
            note(response, toBytes: bytes)
            write(response, .close)
        } else {
            if !reader.buffer.isBlank { note(nil, toBytes: reader.buffer.content) }
            isAtEnd = true
        }
        finish()
        rest()
    }

    func response(to failure: Failure) -> Response? {
        switch failure {
        case .gone: return nil
        case .slow: return Problem.response(.requestTimeout, "The request did not arrive in time.")
        case .noRoom:
            context.counts.bufferShortages += 1
            return Problem.noRoom
        case .noPlace: return Problem.noPlace
        case .unserved(.refused(let error)): return Problem.response(error)
        case .unserved(.declined(let response)): return response
        }
    }

    /// Writes the responses that wait; false when the kernel does not take all of them.
    func flush() -> Bool {
        do {
            let isEmpty = try output.empty(context) { bytes throws(SystemError) in try socket?.send(bytes) }
            guard isEmpty else { return false }
            unsentReplies = nil
            if isStreaming { options?.collection?.releaseSent() }
            return true
        } catch {
            isGone = true
            return false
        }
    }

    /// Whether the client is there and reads; otherwise the rest of the buffer is served when there is room again, and
    /// not when more bytes arrive.
    @inline(never)
    func mayServeOn() -> Bool {
        if !isGone, flush() { return true }
        if !isGone { state = .writing(thenCloses: false) }
        return false
    }
}
