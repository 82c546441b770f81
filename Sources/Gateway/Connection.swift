internal import EventLoop
internal import HTTP
internal import Sockets

/// Why a connection ends before its client wants it to.
enum ConnectionEnd: Error {
    /// What came is no request.
    case refused(RequestError)
    /// The request is no form, and longer than a datagram.
    case tooLong
    /// The client began a request and did not finish it in time.
    case slow
    /// The client is gone, or does not read what is written to it.
    case gone
}

/// One TCP connection from its first request to its last: receive, exchange, respond.
final class Connection {
    /// Nil once it has been given away.
    private var socket: StreamSocket?
    let watch: Watch
    private let desk: Desk
    private var inbox: Inbox
    /// The request at hand.
    private let request: Request
    /// Whether its head is complete.
    private var hasHead = false
    private var outbox: Outbox
    /// How many requests have been answered.
    private(set) var served: Int

    /// So many bytes of responses may wait for those behind them; then they are written.
    ///
    /// It is no limit on what a client may do, and so has no flag.
    private static let burst = 65_536

    /// Takes a connection over: a new one, or one that was parked.
    init(socket: consuming StreamSocket, watch: Watch?, served: Int, desk: Desk) throws(SocketError) {
        let place = if let watch { watch } else { try desk.loop.watch(socket.descriptor, as: .stream) }
        self.socket = .some(socket)
        self.watch = place
        self.served = served
        self.desk = desk
        inbox = Inbox(desk: desk)
        outbox = Outbox(desk: desk)
        request = Request(limits: desk.limits.form)
    }

    /// Lets go of the socket without closing it; it has the watch's number for its name from now on.
    func release() { _ = socket.take()?.release() }

    /// Serves requests until one side has had enough; true when the client has nothing to say for the moment.
    func serve() async -> Bool {
        var isParked = false
        var isUnforeseen = false
        do throws(ConnectionEnd) {
            while try await waitForRequest(&isParked) {
                if try !takeWholeRequest() { try await receiveRequest() }
                let response = await desk.responder.respond(to: request)
                let goesOn = answer(with: response)
                isUnforeseen = !goesOn && request.head.keepsAlive
                request.forgetMessage()
                inbox.finishMessage()
                hasHead = false
                // Requests that have arrived together are answered together, unless that would hold replies back.
                guard goesOn else { break }
                if inbox.isEmpty || !desk.upstream.isPrompt || outbox.count > Self.burst { try await flush() }
            }
            try await flush()
            // A client that did not ask for the end may have sent more by now.
            if isUnforeseen || !inbox.isEmpty { await linger() }
        } catch {
            await part(with: error)
        }
        inbox.giveBack()
        outbox.giveBack()
        return isParked
    }

    /// Waits for the first bytes of a request; false when the client ends the connection, or time or the gateway does,
    /// or when it is time to wait without a task.
    @inline(__always)
    private func waitForRequest(_ isParked: inout Bool) async throws(ConnectionEnd) -> Bool {
        if !inbox.isEmpty { return true }
        inbox.giveBack()
        outbox.giveBack()
        if desk.isDraining { return false }
        let start = desk.loop.now
        while true {
            desk.enterIdle(watch, at: start)
            // The worker ends the wait: there is one clock for all that are idle, and not a timer for each.
            let wake = await desk.loop.readable(watch)
            if wake == .expired {
                // It may have been called off after its time had come.
                isParked = desk.idle.contains(watch)
                return false
            }
            desk.leaveIdle(watch)
            guard wake == .ready else { return false }
            if let isOpen = try receiveNow() { return isOpen }
        }
    }

    /// Takes in the next request if all of it has arrived, as for most; false if something is still to come or to do.
    private func takeWholeRequest() throws(ConnectionEnd) -> Bool {
        guard try readHead() else { return false }
        let headLength = request.head.length
        let length: Int
        switch request.head.framing {
        case .none: length = headLength
        case .length(let contentLength): length = headLength + contentLength
        case .chunked: return false
        }
        guard length <= inbox.count, length - headLength <= desk.limits.plain.maxBody else { return false }
        closeRequest(at: length)
        return true
    }

    /// Takes in the next request, head and content.
    private func receiveRequest() async throws(ConnectionEnd) {
        let headDeadline = desk.loop.now + desk.configuration.headerTimeout
        while try !readHead() { try await receive(until: headDeadline) }
        let headLength = request.head.length
        let limits = inbox.isForm(request.head) ? desk.limits.form : desk.limits.plain
        if case .length(let length) = request.head.framing, length > limits.maxBody {
            throw .tooLong
        }
        if request.head.expectsContinue, inbox.count == headLength {
            outbox.prepare()
            outbox.buffer.append(contentsOf: InterimResponse.continueBytes)
            try await flush()
        }
        let deadline = desk.loop.now + desk.configuration.bodyTimeout
        switch request.head.framing {
        case .none: closeRequest(at: headLength)
        case .length(let length):
            inbox.reserve(headLength + length)
            while inbox.count < headLength + length { try await receive(until: deadline) }
            closeRequest(at: headLength + length)
        case .chunked:
            var decoder = ChunkedDecoder(limits: limits)
            while try !inbox.decode(&decoder, after: headLength) { try await receive(until: deadline) }
            request.take(inbox.message)
        }
    }

    /// Reads the head; false if it is not complete.
    private func readHead() throws(ConnectionEnd) -> Bool {
        if hasHead { return true }
        do { hasHead = try inbox.readHead(of: request) } catch { throw .refused(error) }
        return hasHead
    }

    /// Settles that the request at hand ends there.
    private func closeRequest(at length: Int) {
        inbox.closeMessage(at: length)
        request.take(inbox.message)
    }

    /// Waits for more bytes of a request that has begun; the responses to those before it do not wait as well.
    private func receive(until deadline: MonotonicTime) async throws(ConnectionEnd) {
        if !outbox.isEmpty { try await flush() }
        while true {
            switch await desk.loop.readable(watch, until: deadline) {
            case .expired: throw .slow
            case .interrupted: throw .gone
            case .ready: break
            }
            switch try receiveNow() {
            case .some(true): return
            case .some(false): throw .gone
            case .none: continue
            }
        }
    }

    /// Takes what has arrived: true for bytes, false for the end of the stream, nil for nothing.
    private func receiveNow() throws(ConnectionEnd) -> Bool? {
        do {
            let room = inbox.makeRoom()
            let received = try inbox.fill { (bytes, room) throws(SocketError) in try socket?.receive(into: &bytes, room)
            }
            guard let count = received else { return nil }
            if count == room { desk.loop.keepReadable(watch) }
            return count > 0
        } catch {
            throw .gone
        }
    }

    /// Puts a response behind those that wait to leave; false when it is the last one.
    private func answer(with response: Response) -> Bool {
        served += 1
        let isLast = served == desk.configuration.maxRequestsPerConnection
        // What has been read is owed an answer, also when the gateway is about to end; what has not is not.
        let isDrained = desk.isDraining && inbox.countBehind == 0
        let goesOn = request.head.keepsAlive && !response.closes && !isLast && !isDrained
        let connection: ResponseHead.Connection =
            goesOn ? (request.head.minorVersion == 0 ? .keepAlive : .persistent) : .close
        let exchange = request.exchange
        outbox.prepare()
        if connection == .persistent, response.isPlain(exchange) {
            desk.write(plainReplyOf: exchange, into: &outbox.buffer)
        } else {
            response.write(
                into: &outbox.buffer, for: request, withContent: request.head.method != .head,
                connection: connection, date: desk.date)
        }
        desk.count(response.status)
        exchange.giveBack(to: desk.pool)
        return goesOn
    }

    /// Writes what waits to leave.
    @inline(__always)
    private func flush() async throws(ConnectionEnd) {
        while try !send() {
            let deadline = desk.loop.now + desk.configuration.writeTimeout
            guard await desk.loop.writable(watch, until: deadline) == .ready else { throw .gone }
        }
    }

    /// Writes as much as the kernel takes; false when that is not all.
    private func send() throws(ConnectionEnd) -> Bool {
        do {
            return try outbox.empty { bytes throws(SocketError) in try socket?.send(bytes) }
        } catch {
            throw .gone
        }
    }

    /// Answers a client that did not send a request, as far as it may be answered.
    private func part(with end: ConnectionEnd) async {
        let response: Response
        switch end {
        case .gone: return
        case .slow where inbox.isBlank: return
        case .refused(let error) where error.reason == .bodyTooLarge:
            let isForm = inbox.begins(with: "POST /form ") || inbox.begins(with: "POST /form?")
            response = desk.responder.refuseContent(ofForm: isForm)
        case .tooLong: response = desk.responder.refuseContent(ofForm: false)
        case .refused(let error): response = Problem.response(error)
        case .slow: response = Problem.response(.requestTimeout, "The request did not arrive in time.")
        }
        // RFC 9110 9.3.2, also where the fault lies in the rest of the line that begins with the method.
        let isHead = inbox.begins(with: "HEAD ")
        outbox.prepare()
        response.write(into: &outbox.buffer, for: nil, withContent: !isHead, connection: .close, date: desk.date)
        desk.count(response.status)
        do {
            try await flush()
            await linger()
        } catch {}
    }

    /// Closes in stages, so that the client can read the last response: a socket closed with bytes unread resets the
    /// connection, and the reset may overtake the response (RFC 9112 9.6).
    private func linger() async {
        socket?.shutDownSending()
        let deadline = desk.loop.now + desk.configuration.lingerTimeout
        var count = 0
        while count < desk.configuration.limits.maxLinger {
            guard await desk.loop.readable(watch, until: deadline) == .ready else { return }
            inbox.discard()
            do { if try receiveNow() == false { return } } catch { return }
            count += inbox.count
        }
    }
}
