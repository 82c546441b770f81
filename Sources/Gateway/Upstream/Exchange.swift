internal import EventLoop
internal import System

/// One exchange with the UDP service: carries out what its ``ExchangePlan`` decides, and tells the plan what came of it.
///
/// Send, then receive from the same socket, as the tutorial has it. The loop calls it when its socket has something to say
/// and when its deadline has passed; an end that is known at once is returned, and never called back.
final class Exchange: DeadlineHandler {
    enum State {
        /// Among the spare ones.
        case spare
        /// Waits in the pool's queue for a socket.
        case queued
        /// Tries again at the deadline: this host had no room, no port or no descriptor.
        case blocked
        /// Waits for the reply.
        case waiting
        /// Has got a reply, and waits for more.
        case collecting
    }

    let upstream: Upstream
    let loop: EventLoop
    let replies: ReplyBuffer
    var state = State.spare
    /// The next of the spare ones.
    var nextSpare: Exchange?
    var plan = ExchangePlan()
    var handler: (any ExchangeHandler)?
    var deadline = Deadline()
    /// The payload, kept because it may be sent again: so many bytes at the beginning of memory that is used again.
    var payload: [UInt8] = []
    var payloadLength = 0
    var timeout = Interval.seconds(0)
    /// Where what happens is written down, if the caller wants to know.
    var trace: ExchangeTrace?
    /// The only backend to ask: a probe's, or one of all that are asked at once.
    var only: Backend?
    /// Where replies go that are not one from the address that was asked.
    var collection: ReplyCollection?

    /// The backend that is asked now, through which socket, and whether the exchange tries whether it is up again.
    var backend: Backend?
    var socket: ExchangeSocket?
    var isTrial = false
    /// Whether nothing has left yet through the socket at hand, and what the next datagram is.
    var isFirstHere = true
    var departure = ExchangePlan.Departure.sent
    var firstSent = MonotonicTime.never
    /// Why the last datagram did not arrive, and why it did not leave.
    var unreachable = (cause: SendFailure.Cause.unroutable, origin: NetworkReport.Origin.local)
    var blockedBy: ErrorNumber?

    /// Room for a payload has at least so many bytes.
    static let leastRoom = 512
    /// Longer room is not kept for the next payload.
    static let keptRoom = 4096

    init(upstream: Upstream) {
        self.upstream = upstream
        loop = upstream.loop
        replies = upstream.replies
    }

    /// Begins anew; returns the failure where it ends at once.
    ///
    /// - `only`: the one backend to ask, for a probe or where all are asked at once.
    func begin(
        _ payload: Span<UInt8>, timeout: Interval, attempts: Int, trace: ExchangeTrace?, only: Backend?,
        for handler: any ExchangeHandler
    ) -> GatewayError? {
        keep(payload)
        self.timeout = timeout
        self.handler = handler
        if trace != nil || upstream.isVerbose { tell(trace) }
        if only != nil { self.only = only }
        firstSent = .never
        blockedBy = nil
        let now = loop.now
        plan.begin(maxAttempts: attempts, deadline: now + timeout)
        if only == nil, let id = upstream.soleBackend { return perform(plan.ask(id)) }
        return perform(plan.choose(among: candidates, rotation: upstream.nextRotation(), at: now))
    }

    /// Begins anew, with another kind of answer than one reply from the address that is asked.
    func begin(
        _ payload: Span<UInt8>, timeout: Interval, attempts: Int, trace: ExchangeTrace?,
        collection: ReplyCollection, only: Backend?, for handler: any ExchangeHandler
    ) -> GatewayError? {
        self.collection = collection
        collection.join(self)
        return begin(payload, timeout: timeout, attempts: attempts, trace: trace, only: only, for: handler)
    }

    /// Writes down what happens, and tells the operator who wants to know.
    func tell(_ trace: ExchangeTrace?) {
        let trace = trace ?? ExchangeTrace(start: .now())
        trace.tell(Array(payload.prefix(payloadLength)), to: upstream.configuration.onDatagram)
        self.trace = trace
    }

    @inline(__always)
    func keep(_ payload: Span<UInt8>) {
        if self.payload.count < payload.count {
            self.payload = [UInt8](repeating: 0, count: max(Self.leastRoom, payload.count))
        }
        self.payload.copy(payload, to: 0)
        payloadLength = payload.count
    }

    /// The backends that there are now: they may have changed since the exchange began.
    var candidates: [Backend] { if let only { [only] } else { upstream.backends } }

    // MARK: - Events

    /// Its socket has something to say.
    func receive(through socket: ExchangeSocket) {
        do {
            if socket.isFresh { backend?.recordForeign(try socket.dropStrangers()) }
            if let collection { return try collect(into: collection, through: socket) }
            guard let length = try socket.socket.receive(into: &replies.bytes, replies.room) else { return }
            took(length, through: socket)
        } catch {
            learned(error, through: socket)
        }
    }

    /// In place of a datagram the socket had the report of an earlier one.
    func learned(_ error: SystemError, through socket: ExchangeSocket) {
        guard let backend else { preconditionFailure("a socket is one of a backend's") }
        // Another one may still reply.
        if state == .collecting || collection != nil && upstream.policy.source == .any {
            socket.socket.dropReports()
            return
        }
        switch SendFailure(error.reason) {
        case .wait: return
        case .tooLong:
            socket.socket.dropReports()
            trace?.add(.tooLong, socket.port, backend.address, bytes: payloadLength, origin: .network)
            resume(plan.pathShrank(at: loop.now))
        case .unreachable: resume(failed(error, through: socket, of: backend))
        }
    }

    /// A socket is free for an exchange that waited in the queue, or cannot be opened.
    func proceed(with turn: ExchangeSocketPool.Turn) {
        guard let backend, let action = use(turn, of: backend) else { return }
        resume(action)
    }

    func alarm() {
        guard deadline.hasPassed(for: self, on: loop) else { return }
        switch state {
        case .spare: return
        case .queued:
            backend?.sockets.leaveQueue(self)
            resume(.fail(.blocked))
        case .blocked: retry()
        case .waiting: pause()
        case .collecting: finishCollecting(with: .success(0))
        }
    }

    func retry() {
        if loop.now >= plan.deadline { return resume(.fail(.blocked)) }
        if socket != nil { return resume(send(departure)) }
        if let action = takeSocket() { resume(action) }
    }

    /// No reply came before the pause was over.
    func pause() {
        let upstream = self.upstream
        let action = plan.paused(among: candidates, rotation: upstream.nextRotation(), at: loop.now) {
            upstream.budget.withdraw()
        }
        if case .wait = action { return resume(action) }
        // Of a service that has any number of replies, none is a number of them.
        if collection?.policy.count != .all { backend?.recordSilence(isTrial: isTrial, at: loop.now) }
        resume(action)
    }

    // MARK: - Actions

    /// Carries out an action of the plan, and tells the handler if that is the end.
    func resume(_ action: ExchangePlan.Action) {
        let handler = self.handler
        if let failure = perform(action) { handler?.finished(.failure(failure)) }
    }

    /// Carries out actions until there is something to wait for; returns the failure that ends the exchange.
    func perform(_ first: ExchangePlan.Action) -> GatewayError? {
        var action = first
        while true {
            switch action {
            case .ask(let index, let departure):
                leave(plan.outcomeOfFormer)
                guard let next = ask(index, departure) else { return nil }
                action = next
            case .sendAgain(let departure): action = send(departure)
            case .retry(let time):
                state = .blocked
                deadline.set(time, for: self, on: loop)
                return nil
            case .wait(let time):
                state = .waiting
                deadline.set(time, for: self, on: loop)
                return nil
            case .fail(let ending): return end(ending)
            }
        }
    }

    /// Begins an attempt at a backend; nil where the exchange waits for a socket.
    ///
    /// What it uses is stored last, for then it is moved and not counted.
    @inline(__always)
    func ask(_ index: Int, _ departure: ExchangePlan.Departure) -> ExchangePlan.Action? {
        let backend = if let only { only } else { upstream.backends[index] }
        self.departure = departure
        isTrial = backend.begin(at: loop.now)
        isFirstHere = true
        let action = use(backend.takeSocket(for: self, isNew: isTrial || collection != nil), of: backend)
        self.backend = backend
        return action
    }

    func takeSocket() -> ExchangePlan.Action? {
        guard let backend else { preconditionFailure("a socket is one of a backend's") }
        return use(backend.takeSocket(for: self, isNew: isTrial || collection != nil), of: backend)
    }

    func use(_ turn: consuming ExchangeSocketPool.Turn, of backend: Backend) -> ExchangePlan.Action? {
        switch consume turn {
        case .socket(let socket):
            socket.exchange = self
            let action = send(departure, through: socket, of: backend)
            self.socket = socket
            return action
        case .queued:
            state = .queued
            // Half of the time that is left is the reply's: under overload those who have waited longest are served next, and
            // with a socket at the last moment all of them would send, and none would hear the reply.
            let left = plan.deadline.since(loop.now)
            deadline.set(loop.now + Interval(nanoseconds: left.nanoseconds / 2), for: self, on: loop)
            return nil
        case .failed(let error): return failed(error, through: nil, of: backend)
        }
    }

    /// Sends the datagram through the socket at hand.
    func send(_ departure: ExchangePlan.Departure) -> ExchangePlan.Action {
        guard let backend, let socket else { preconditionFailure("a datagram leaves through a socket") }
        return send(departure, through: socket, of: backend)
    }

    func send(
        _ departure: ExchangePlan.Departure, through socket: ExchangeSocket, of backend: Backend
    ) -> ExchangePlan.Action {
        self.departure = departure
        let now = MonotonicTime.now()
        do {
            guard try sendOnce(through: socket, of: backend) else {
                return blocked(by: .wouldBlock, through: socket, of: backend)
            }
        } catch {
            return failed(error, through: socket, of: backend)
        }
        isFirstHere = false
        firstSent = min(firstSent, now)
        backend.recordSend(departure)
        if let trace {
            trace.pass(through: socket.socket)
            trace.add(departure, socket.port, backend.address, bytes: payloadLength, at: now)
        }
        let attempt = plan.attempts + 1
        return plan.sent(at: now, pause: upstream.pause(beforeAttempt: attempt, at: backend))
    }

    /// Sends, once more where the first call only told of an earlier datagram (udp(7)) or of a path that has shrunk; false
    /// when the kernel has no room.
    @inline(__always)
    func sendOnce(through socket: ExchangeSocket, of backend: Backend) throws(SystemError) -> Bool {
        do {
            return try sendPayload(through: socket)
        } catch  where isFirstHere || error.reason == .messageTooLong {
            if SendFailure(error.reason) == .wait { throw error }
            socket.socket.dropReports()
            switch error.reason {
            case .connectionRefused: backend.recordLateRefusal()
            // The way takes less than the kernel knew; now it knows. If it is this datagram that is too long, the next
            // call says so again.
            case .messageTooLong: break
            // A socket keeps the address that it began with, which this host may have no more.
            default: try backend.sockets.renew(socket)
            }
            return try sendPayload(through: socket)
        }
    }

    @inline(__always)
    private func sendPayload(through socket: ExchangeSocket) throws(SystemError) -> Bool {
        try payload.lend(0..<payloadLength) { bytes throws(SystemError) in try socket.send(bytes) }
    }
}
