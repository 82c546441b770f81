internal import EventLoop
internal import HTTP
internal import System

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
        let response = context.router.response(to: .failure(failure), options)
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
    ///
    /// Requests that were read get an answer, also when the gateway is about to end, and so do requests that may have
    /// arrived by then: the connection looks for them once, for some clients always send more.
    @inline(__always)
    var isLast: Bool {
        hasRunOutOfRoom || served + 1 >= context.configuration.maxRequestsPerConnection
            || context.isEnding && reader.buffer.isEmpty && (hasReadLast || !isReadable)
    }

    /// Prepares the fields that every response to the request has.
    @inline(never)
    func prepareFields(for request: Request) {
        summary.names =
            request.isNamed ? RequestNames(of: request, maxID: context.configuration.maxRequestID) : nil
        let origin = request.value(of: .origin)
        summary.fields = context.router.crossOrigin.fields(for: origin) + (summary.names?.fields ?? [])
    }

    func write(_ response: Response, _ connection: ResponseHead.Connection) {
        var response = response
        response.fields += summary.fields
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
                method: reader.buffer.begins(with: "HEAD ") ? .head : .unknown,
                fields: context.router.crossOrigin.fields(forRefused: bytes) + (names?.fields ?? []), names: names)
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
        case .unserved(.refused(let error)): return Problem.response(error)
        case .unserved(.tooLong): return context.router.refuseContent(of: reader.buffer.content)
        case .unserved(.declined(let response)): return response
        }
    }

    /// Writes the responses that wait; false when the kernel does not take all of them.
    func flush() -> Bool {
        do {
            return try output.empty(context) { bytes throws(SystemError) in try socket?.send(bytes) }
        } catch {
            isGone = true
            return false
        }
    }
}
