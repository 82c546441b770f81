internal import EventLoop
internal import System

/// One exchange with the UDP service: it carries out the decisions of its ``ExchangePlan``, and reports the results to
/// the plan.
///
/// It sends, then receives from the same socket, as in the tutorial. The loop calls it for events of its socket and at
/// its deadline; an end that is known at once is returned, and never called back.
final class Exchange: DeadlineHandler {
    enum State {
        /// In the list of spare exchanges.
        case spare
        /// Waiting in the pool's queue for a socket.
        case queued
        /// Waiting for the next try: this host had no room, no port or no descriptor.
        case blocked
        /// Waiting for the reply.
        case waiting
        /// Waiting for more replies after the first.
        case collecting
        /// Waiting for the reply to a former attempt, whose silence has been counted.
        case fallenBack
    }

    let upstream: Upstream
    let loop: EventLoop
    let replies: ReplyBuffer
    let room: Range<Int>
    var state = State.spare
    /// The next one in the list of spare exchanges.
    var nextSpare: Exchange?
    var plan = ExchangePlan()
    var handler: (any ExchangeHandler)?
    var deadline = Deadline()
    /// The payload, stored because it may be sent again, at the beginning of memory that is reused, and its length.
    var payload: [UInt8] = []
    var payloadLength = 0
    var timeout = Interval.seconds(0)
    /// The start of its searches for a backend.
    var rotation = 0
    /// The trace of the exchange, if the caller wants one.
    var trace: ExchangeTrace?
    /// The only backend: a probe's, or that of one exchange of a fan-out.
    var only: Backend?
    var isProbe: Bool { only != nil && collection == nil }
    /// The collection, where the answer is not one reply from the address itself.
    var collection: ReplyCollection?
    /// The current backend and its socket, and whether this exchange is the trial of a backend that was out.
    var backend: Backend?
    var socket: ExchangeSocket?
    var isTrial = false
    /// Whether its socket must have carried no other exchange.
    var needsNewSocket: Bool { isTrial || collection != nil }
    /// The attempts before it that may still get their reply.
    var former: [FormerAttempt] = []
    /// The time of the first datagram through the current socket, and the kind of the next one.
    var firstSentHere = MonotonicTime.never
    var sendKind = ExchangePlan.SendKind.sent
    var firstSent = MonotonicTime.never
    /// The reason why the last datagram did not arrive, and the reason why it did not leave.
    var unreachable = (cause: SendFailure.Cause.unroutable, origin: NetworkReport.Origin.local)
    var blockedBy: ErrorNumber?

    /// The least room for a payload.
    static let leastRoom = 512
    /// The most room that is reused for the next payload.
    static let keptRoom = 4096

    init(upstream: Upstream) {
        self.upstream = upstream
        loop = upstream.loop
        replies = upstream.replies
        room = upstream.room
    }

    /// Begins an exchange; returns the failure where it ends at once.
    ///
    /// - `only`: the one backend, for a probe or for one exchange of a fan-out.
    @inline(__always)
    func begin(
        _ payload: Span<UInt8>, timeout: Interval, attempts: Int, trace: ExchangeTrace?, only: Backend?,
        for handler: any ExchangeHandler
    ) -> GatewayError? {
        keep(payload)
        self.timeout = timeout
        self.handler = handler
        if trace != nil || upstream.isVerbose { startTrace(trace) }
        if only != nil { self.only = only }
        firstSent = .never
        blockedBy = nil
        let now = loop.now
        plan.begin(maxAttempts: attempts, deadline: now + timeout)
        if only == nil, let id = upstream.soleBackend { return perform(plan.attempt(id)) }
        rotation = upstream.nextRotation()
        return perform(plan.choose(among: candidates, rotation: rotation, at: now))
    }

    @inline(__always)
    func keep(_ payload: Span<UInt8>) {
        if self.payload.count < payload.count {
            self.payload = [UInt8](repeating: 0, count: max(Self.leastRoom, payload.count))
        }
        self.payload.copy(payload, to: 0)
        payloadLength = payload.count
    }

    /// The current backends, which may have changed since the exchange began.
    var candidates: [Backend] { if let only { [only] } else { upstream.backends } }

    // MARK: - Events

    /// The loop reports an event of the socket.
    func receive(through socket: ExchangeSocket) {
        guard socket === self.socket else { return receiveLate(through: socket) }
        guard plan.expectsReply else { return leave(socket) }
        do {
            if socket.isFresh { backend?.counts.foreign += try socket.dropStrangers() }
            if let collection, let backend { return try collect(into: collection, through: socket, of: backend) }
            guard let length = try socket.socket.receive(into: &replies.bytes, room) else { return }
            took(length, through: socket)
        } catch {
            receivedError(error, through: socket)
        }
    }

    /// Ends the exchange with a reply.
    @inline(__always)
    func took(_ length: Int, through socket: ExchangeSocket) {
        let (now, loopTime) = (MonotonicTime.now(), loop.now)
        let isWhole = length <= room.count
        let surplus = trace == nil ? 0 : takeSurplus(behind: length, isWhole, now)
        let (attempts, elapsed) = (plan.attempts, now.since(firstSent))
        if let backend = self.backend.take() {
            upstream.last.backend = backend.id
            if isWhole {
                backend.recordReply(after: elapsed, of: attempts == 1, length: length, at: loopTime)
            } else {
                backend.recordTruncated(at: loopTime)
            }
            self.socket = nil
            // Others may follow where a probe of a service with several replies has got one of them.
            let mayFollow = only != nil && !upstream.policy.isSingle
            backend.giveBack(socket, mayFollow ? .unsettled : plan.outcomeOfReply, at: now)
            if surplus > 0 { backend.sockets.recordDatagram(to: socket) }
            backend.end(at: loopTime, isTrial: isTrial)
            if attempts > 1 { endRepeated(backend, isWhole ? elapsed : nil) }
        }
        guard let handler = self.handler.take() else { preconditionFailure("an exchange has a handler to the end") }
        close()
        guard isWhole else {
            upstream.last = ExchangeRecord(backend: upstream.last.backend, attempts: attempts, elapsed: elapsed)
            return handler.finished(.failure(.replyTooLong(limit: upstream.configuration.maxDatagram)))
        }
        handler.replied(
            Reply(buffer: replies, length: length, elapsed: elapsed, attempts: attempts, surplus: surplus))
    }

    // MARK: - Actions

    /// Carries out an action of the plan, and calls the handler if the exchange ends.
    func resume(_ action: ExchangePlan.Action) {
        let handler = self.handler
        if let failure = perform(action) { handler?.finished(.failure(failure)) }
    }

    /// Carries out actions until the exchange has to wait; returns the failure that ends it.
    func perform(_ first: ExchangePlan.Action) -> GatewayError? {
        var action = first
        while true {
            switch action {
            case .attempt(let index, let sendKind):
                if backend != nil { leaveAttempt() }
                guard let next = attempt(index, sendKind) else { return nil }
                action = next
            case .sendAgain(let sendKind): action = send(sendKind)
            case .retry(let time):
                state = .blocked
                deadline.set(time, for: self, on: loop)
                return nil
            case .wait(let time):
                state = .waiting
                deadline.set(time, for: self, on: loop)
                return nil
            case .fail(let ending): return fallsBack(from: ending) ? nil : end(ending)
            }
        }
    }

    /// Begins an attempt at a backend; nil where the exchange waits for a socket.
    ///
    /// Its parameters are stored last, so that the compiler moves and does not retain them.
    @inline(__always)
    func attempt(_ index: Int, _ sendKind: ExchangePlan.SendKind) -> ExchangePlan.Action? {
        let backend = if let only { only } else { upstream.backends[index] }
        self.sendKind = sendKind
        isTrial = backend.begin(at: loop.now)
        firstSentHere = .never
        let action = use(backend.takeSocket(for: self, isNew: needsNewSocket), of: backend)
        self.backend = backend
        return action
    }

    func use(_ allocation: consuming ExchangeSocketPool.Allocation, of backend: Backend) -> ExchangePlan.Action? {
        switch consume allocation {
        case .socket(let socket):
            socket.exchange = self
            let action = send(sendKind, through: socket, of: backend)
            self.socket = socket
            return action
        case .queued:
            state = .queued
            // Half of the remaining time is for the reply: under overload the longest waiting exchanges come next, and
            // with a socket at the last moment all of them would send without time for a reply.
            let left = plan.deadline.since(loop.now)
            deadline.set(loop.now + Interval(nanoseconds: left.nanoseconds / 2), for: self, on: loop)
            return nil
        case .failed(let error): return failed(error, through: nil, of: backend)
        }
    }

    /// Sends the datagram through the current socket.
    func send(_ sendKind: ExchangePlan.SendKind) -> ExchangePlan.Action {
        guard let backend, let socket else { preconditionFailure("a datagram leaves through a socket") }
        return send(sendKind, through: socket, of: backend)
    }

    func send(
        _ sendKind: ExchangePlan.SendKind, through socket: ExchangeSocket, of backend: Backend
    ) -> ExchangePlan.Action {
        self.sendKind = sendKind
        let now = MonotonicTime.now()
        do {
            guard try sendOnce(through: socket, of: backend) else {
                return blocked(by: .wouldBlock, through: socket, of: backend)
            }
        } catch {
            return failed(error, through: socket, of: backend)
        }
        firstSentHere = min(firstSentHere, now)
        firstSent = min(firstSent, now)
        backend.recordSend(sendKind)
        trace?.add(sendKind, socket.localAddress, backend.address, bytes: payloadLength, at: now)
        let attempt = plan.delivered + 1
        return plan.sent(at: now, pause: upstream.pause(beforeAttempt: attempt, at: backend))
    }

    /// Sends, and once more where the first call only reports an earlier datagram (udp(7)) or a path that has shrunk;
    /// false when the kernel has no room.
    @inline(__always)
    func sendOnce(through socket: ExchangeSocket, of backend: Backend) throws(SystemError) -> Bool {
        do {
            return try sendPayload(through: socket)
        } catch  where firstSentHere == .never || error.reason == .messageTooLong {
            if SendFailure(error.reason) == .wait { throw error }
            socket.socket.dropReports()
            switch error.reason {
            case .connectionRefused: backend.counts.lateRefusals += 1
            // The path takes less than the kernel knew; now it knows. If this datagram is the one that is too long, the
            // next call fails again.
            case .messageTooLong: break
            // A socket keeps its first local address, which this host may have lost.
            default: try backend.sockets.renew(socket)
            }
            return try sendPayload(through: socket)
        }
    }

    @inline(__always)
    private func sendPayload(through socket: ExchangeSocket) throws(SystemError) -> Bool {
        try payload.lend(0..<payloadLength) { bytes throws(SystemError) in try socket.send(bytes) }
    }

    // MARK: - The end

    /// Returns to the list of spare exchanges.
    @inline(__always)
    func close() {
        deadline.clear()
        handler = nil
        if let trace {
            trace.end()
            self.trace = nil
        }
        state = .spare
        if payload.count > Self.keptRoom { payload = [] }
        let isProbe = self.isProbe
        collection.take()?.leave(self)
        upstream.recycle(self, isProbe: isProbe)
        if only != nil { only = nil }
    }
}
