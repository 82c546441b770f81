internal import System
internal import EventLoop
internal import HTTP

/// What one worker's connections share: touched on the worker's loop only, so without locks.
final class ConnectionContext {
    let loop: EventLoop
    let configuration: Configuration
    let limits: SharedLimits
    /// The limits on a request by what its content is; those on a form are the widest, and hold while the head is not
    /// complete.
    let requestLimits: (payload: Limits, encoded: Limits, form: Limits)
    /// The router and the service of plain letters as the gateway was started: constants, whose use is not counted.
    private let firstRouter: Router
    private let firstUpstream: Upstream
    /// What has taken their place since.
    private var laterRouter: Router?
    private var laterUpstream: Upstream?
    let writer: ResponseWriter
    /// What writes lines of the access log; nil without one.
    let accessWriter: AccessWriter?
    /// Whether a request that succeeds has a line.
    let logsAll: Bool
    var counts = HTTPCounts()
    var idle = IdleList()
    /// The open connections, by descriptor number.
    private var connections: [Connection?] = []
    /// Whether the gateway is to get no new clients: each response is its connection's last.
    private(set) var isEnding = false
    /// Whether the gateway is about to end: what is under way is finished, nothing new begins.
    var isDraining = false

    /// The buffer that serves all requests that arrive at once; empty while a connection has it.
    var sharedBuffer: [UInt8]
    /// The same for responses.
    var sharedOutput: [UInt8] = []
    /// The request that is filled anew for each of them.
    let spareRequest: Request

    /// What connections want to know of all workers, for the worker to ask.
    let questions: ReadyQueue<(question: Question, connection: Connection)>
    /// The worker, which waits for the end.
    let drained: WaitQueue
    /// How many connections the acceptor has given to this worker.
    private let load: SharedLimit
    /// The connections that have ended wake the worker, which waits for the last one.
    private let ends: WaitQueue
    /// How many have become idle or ended since memory was given back for the last time.
    private var released = 0
    private var nextTrim = MonotonicTime(nanoseconds: 0)

    /// After so many there may be some megabytes to give back to the system, but not at every sweep.
    private static let releasedBeforeTrim = 1024
    private static let trimInterval = Interval.seconds(10)

    init(
        loop: EventLoop, configuration: Configuration, limits: SharedLimits, load: SharedLimit, router: Router,
        upstream: Upstream
    ) {
        self.loop = loop
        self.load = load
        questions = ReadyQueue(on: loop)
        self.configuration = configuration
        self.limits = limits
        requestLimits = (
            configuration.limits(of: .payload), configuration.limits(of: .encoded), configuration.limits(of: .form)
        )
        firstRouter = router
        firstUpstream = upstream
        spareRequest = Request(limits: requestLimits.form)
        writer = ResponseWriter(loop: loop, idleTimeout: configuration.idleTimeout)
        accessWriter = configuration.accessLog.map { AccessWriter($0, loop: loop) }
        logsAll = accessWriter?.isComplete ?? false
        ends = WaitQueue(on: loop)
        drained = WaitQueue(on: loop)
        // A head and the longest letter fit.
        sharedBuffer = [UInt8](
            repeating: 0, count: max(16_384, configuration.limits.maxHead) + configuration.limits.maxBody)
    }

    /// Takes over other services.
    ///
    /// - `upstream`: where plain letters go.
    func replaceServices(router: Router, upstream: Upstream) {
        laterRouter = router
        laterUpstream = upstream
    }

    // MARK: - What a connection asks of the others

    /// Which request gets which answer, since the services were read for the last time.
    var router: Router { laterRouter ?? firstRouter }

    /// Where plain letters go.
    var upstream: Upstream { laterUpstream ?? firstUpstream }

    /// Whether any page of another origin may use the gateway, which does not change.
    var isForOtherOrigins: Bool { firstRouter.isForOtherOrigins }

    /// Whether a request's content is to be sent on as it is, without a look at anything else.
    @inline(__always)
    func sendsOn(_ request: Request) -> Bool {
        request.isPlain && (laterRouter?.takesPlain ?? firstRouter.takesPlain)
    }

    /// Decides what becomes of any other request.
    func route(_ request: Request) -> Decision { router.route(request) }

    /// Begins an exchange with the service at `/`; returns the failure where it ends at once.
    @inline(__always)
    func begin(_ payload: Span<UInt8>, for connection: Connection) -> GatewayError? {
        if laterUpstream != nil { return beginLater(payload, for: connection) }
        return firstUpstream.begin(payload, for: connection)
    }

    @inline(never)
    private func beginLater(_ payload: Span<UInt8>, for connection: Connection) -> GatewayError? {
        upstream.begin(payload, for: connection)
    }

    /// Begins an exchange with the service that the options name, or the one at `/`.
    func begin(_ payload: Span<UInt8>, _ options: ReplyOptions?, for connection: Connection) -> GatewayError? {
        guard let options else { return begin(payload, for: connection) }
        let upstream = options.route?.upstream ?? self.upstream
        return upstream.begin(
            payload, patience: options.wait.map { .seconds(UInt64($0)) }, trace: options.trace, for: connection)
    }

    /// Sets a connection's deadline.
    func set(_ deadline: inout Deadline, after time: Interval, for connection: Connection) {
        deadline.set(loop.now + time, for: connection, on: loop)
    }

    /// Puts the head of a plain reply in front of it; see ``ResponseWriter/frame(_:isKeepAlive:)``.
    @inline(__always)
    func frame(_ reply: Reply, isKeepAlive: Bool) -> Range<Int> {
        counts.count(.ok)
        return writer.frame(reply, isKeepAlive: isKeepAlive)
    }

    // MARK: - The open connections

    /// Takes a connection in.
    func add(_ connection: Connection) {
        let number = Int(connection.watch.number)
        while connections.count <= number { connections.append(nil) }
        connections[number] = connection
        counts.open += 1
    }

    /// A connection has ended.
    func remove(_ connection: Connection) {
        connections[Int(connection.watch.number)] = nil
        counts.open -= 1
        released += 1
        giveUpPlace()
    }

    /// A connection that was given to this worker has ended, or does not begin.
    func giveUpPlace() {
        limits.connections.giveBack()
        load.giveBack()
        ends.wakeFirst()
    }

    /// What this worker can tell of the gateway by itself; nil where others have to be asked.
    func response(to question: Question) -> Response? {
        switch question {
        case .statistics: nil
        case .readiness: configuration.stateListener == .only ? nil : readiness.response
        case .services: configuration.stateListener == .only ? nil : router.services.response
        }
    }

    /// Takes down what a connection wants to know of all workers.
    func ask(_ question: Question, for connection: Connection) { questions.add((question, connection)) }

    /// Ends the connection that has been idle longest; false if none is.
    func evict() -> Bool {
        while let oldest = idle.oldest {
            guard let connection = connections[Int(oldest)] else { preconditionFailure("the idle are open") }
            if connection.endIfIdle() {
                counts.evicted += 1
                return true
            }
        }
        return false
    }

    /// From now on `/readyz` sends new clients elsewhere, and each response is its connection's last.
    func beginDrainDelay() { isEnding = true }

    /// Whether new requests should come here, as far as this worker knows.
    var readiness: GatewayReadiness {
        if isEnding { return .ending }
        if let path = router.services.unresolvedPath { return .unresolved(path) }
        let down = router.services.pathsThatAreDown
        return down.isEmpty ? .ready : .down(down)
    }

    /// Lets connections end as the gateway does: those that have a request finish it, the others end now.
    func drain() {
        isDraining = true
        isEnding = true
        drained.wakeFirst()
        for connection in connections { connection?.drain() }
    }

    /// Waits until no connection is open, and none is on its way from the acceptor.
    func waitForLastConnection() async {
        let place = ends.join()
        while load.used > 0 { _ = await place.wait(until: .never) }
        ends.leave(place)
    }

    /// Gives memory back that is not needed for the time being.
    func sweep() {
        guard released >= Self.releasedBeforeTrim, loop.now >= nextTrim else { return }
        (released, nextTrim) = (0, loop.now + Self.trimInterval)
        Malloc.trim()
    }
}
