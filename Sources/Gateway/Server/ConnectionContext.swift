internal import System
internal import EventLoop
internal import HTTP

/// The state that one worker's connections share: only the worker's loop uses it, so without locks.
final class ConnectionContext {
    let loop: EventLoop
    let configuration: Configuration
    let limits: SharedLimits
    /// The limits of a request by the kind of its content; those of a form are the widest, and hold until the head is
    /// complete.
    private(set) var requestLimits: RequestLimits
    /// The length of the longest datagram that the service at `/` takes.
    private(set) var longestAtRoot: Int
    /// The router and the service for plain payloads at the gateway's start: constants, which the compiler does not
    /// retain.
    private let firstRouter: Router
    private let firstUpstream: Upstream
    /// Their replacements since.
    private var laterRouter: Router?
    private var laterUpstream: Upstream?
    let writer: ResponseWriter
    /// The writer of access log lines; nil without an access log.
    let accessWriter: AccessWriter?
    /// Whether a successful request has a line.
    let logsAll: Bool
    var counts = HTTPCounts()
    var idle = IdleList()
    /// The open connections, by descriptor number.
    private var connections: [Connection?] = []
    /// Whether the gateway should get no new clients: each response is its connection's last.
    private(set) var isEnding = false
    /// Whether the gateway is about to end: requests under way finish, and no new ones begin.
    var isDraining = false

    /// The buffer of all requests that arrive complete; empty while a connection has it.
    var sharedBuffer: [UInt8]
    /// The buffer of responses, shared in the same way.
    var sharedOutput: [UInt8] = []
    /// The request object for all of them.
    let spareRequest: Request

    /// The connections' questions about all workers, for the worker to answer.
    let questions: ReadyQueue<(question: Question, connection: Connection)>
    /// The worker's wait for the end.
    let drained: Suspension
    /// The number of connections that the acceptor has given to this worker.
    private let load: SharedLimit
    /// The worker's wait for its last connection, which each ended connection wakes.
    private let ends: Suspension
    /// The refused connections that wait for their client's end.
    private var refused = 0
    /// The connections that have become idle or ended since the last trim of memory.
    private var released = 0
    private var nextTrim = MonotonicTime(nanoseconds: 0)

    /// After this many connections a trim may return some megabytes to the system, which not every sweep should try.
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
        requestLimits = RequestLimits(configuration, maxDatagram: router.longestDatagram)
        firstRouter = router
        firstUpstream = upstream
        longestAtRoot = upstream.configuration.maxDatagram
        spareRequest = Request(limits: requestLimits.form)
        writer = ResponseWriter(loop: loop, idleTimeout: configuration.idleTimeout)
        accessWriter = configuration.accessLog.map { AccessWriter($0, loop: loop) }
        logsAll = accessWriter?.isComplete ?? false
        ends = Suspension(on: loop)
        drained = Suspension(on: loop)
        // A head and the longest payload fit.
        sharedBuffer = [UInt8](
            repeating: 0, count: max(16_384, configuration.limits.maxHead) + requestLimits.payload.maxBody)
    }

    /// Replaces the services.
    ///
    /// - `upstream`: the service for plain payloads.
    func replaceServices(router: Router, upstream: Upstream) {
        let former = self.router.services.root
        for connection in connections { connection?.keepService(former) }
        laterRouter = router
        laterUpstream = upstream
        longestAtRoot = upstream.configuration.maxDatagram
        requestLimits = RequestLimits(configuration, maxDatagram: router.longestDatagram)
        spareRequest.begin(limits: requestLimits.form)
    }

    // MARK: - Routing and exchanges

    /// The current router.
    var router: Router { laterRouter ?? firstRouter }

    /// The current service for plain payloads.
    var upstream: Upstream { laterUpstream ?? firstUpstream }

    /// Whether any page of another origin may use the gateway, which does not change.
    var isForOtherOrigins: Bool { firstRouter.crossOrigin.isOn }

    /// Whether a plain request's content goes straight to the service at `/`, without further checks.
    @inline(__always)
    var takesPlain: Bool { laterRouter?.takesPlain ?? firstRouter.takesPlain }

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

    /// Begins to send a payload to the service of the options, or to the one at `/`.
    func begin(_ payload: ArraySlice<UInt8>, _ options: ReplyOptions?, for connection: Connection) -> Beginning {
        if let options { return options.route.begin(payload, options, for: connection) }
        return Beginning(begin(payload.span, for: connection))
    }

    /// Sets a connection's deadline; here the compiler does not retain the loop.
    func set(_ deadline: inout Deadline, after time: Interval, for connection: Connection) {
        deadline.set(loop.now + time, for: connection, on: loop)
    }

    /// Puts the head of a plain reply in front of it; see ``ResponseWriter/frame(_:isKeepAlive:)``.
    @inline(__always)
    func frame(_ reply: Reply, isKeepAlive: Bool) -> Range<Int> {
        counts.count(.ok)
        return writer.frame(reply, isKeepAlive: isKeepAlive)
    }

    /// Puts the head of a connection's last response in front of a plain reply.
    func frameLast(_ reply: Reply) -> Range<Int> {
        counts.count(.ok)
        return writer.frameLast(reply)
    }

    // MARK: - The open connections

    /// Adds a connection.
    func add(_ connection: Connection) {
        let number = Int(connection.watch.number)
        while connections.count <= number { connections.append(nil) }
        connections[number] = connection
        if connection.isRefused { refused += 1 } else { counts.open += 1 }
    }

    /// Removes a connection that has ended.
    func remove(_ connection: Connection) {
        connections[Int(connection.watch.number)] = nil
        released += 1
        if connection.isRefused {
            refused -= 1
            releaseLoad()
        } else {
            counts.open -= 1
            releasePlace()
        }
    }

    /// Releases the place of a connection of this worker that has ended, or does not begin.
    func releasePlace() {
        limits.connections.giveBack()
        releaseLoad()
    }

    /// Releases the acceptor's count of a connection that this worker does not have any more.
    func releaseLoad() {
        load.giveBack()
        ends.wake()
    }

    /// Whether a refused connection may wait for its client's end.
    var mayLingerRefused: Bool { refused <= Configuration.mostRefused }

    /// The answer that this worker can give alone; nil where the others have to be asked.
    func response(to question: Question, of request: Request) -> Response? {
        switch question {
        case _ where configuration.stateListener == .only: return nil
        case .statistics: return nil
        case .services: return router.services.response
        case .readiness:
            let response = readiness.response
            return response.status == .ok ? Precondition.refusal(of: request) ?? response : response
        }
    }

    /// The most connections that are asked to make room for another one: one that has a request is served at once, and
    /// clients that send without a pause would keep the worker from all others.
    static let mostAsked = 64

    /// Ends the longest idle connection; false if none is idle, or all that were asked have just got a request.
    func evict() -> Bool {
        for _ in 0..<Self.mostAsked {
            guard let oldest = idle.oldest else { return false }
            guard let connection = connections[Int(oldest)] else { preconditionFailure("the idle are open") }
            if connection.endIfIdle() {
                counts.evicted += 1
                return true
            }
        }
        return false
    }

    /// Makes `/readyz` fail, and each response its connection's last.
    func beginDrainDelay() { isEnding = true }

    /// Whether the gateway is ready for new requests, as far as this worker can tell.
    var readiness: GatewayReadiness {
        isEnding ? .ending : router.services.readiness
    }

    /// Ends connections with the gateway: those with a request finish it, the others end now.
    func drain() {
        isDraining = true
        isEnding = true
        drained.wake()
        for connection in connections { connection?.drain() }
    }

    /// Logs what the program's end cuts, and returns the number of requests; no further line follows.
    func cut() -> Int {
        defer { accessWriter?.close() }
        let exchanges = accessWriter == nil ? [:] : Exchange.underWay(on: loop)
        return connections.reduce(0) { $0 + ($1?.noteCut(exchanges) ?? 0) }
    }

    /// Waits until no connection is open, and none is on its way from the acceptor.
    func waitForLastConnection() async {
        while load.used > 0 { _ = await ends.wait() }
    }

    /// Releases memory that is not needed for the time being.
    func sweep() {
        guard released >= Self.releasedBeforeTrim, loop.now >= nextTrim else { return }
        (released, nextTrim) = (0, loop.now + Self.trimInterval)
        Malloc.trim()
    }
}

/// The connections without a request, the longest idle one first.
///
/// A doubly linked list in a table by descriptor number: entering, leaving and finding the oldest take constant time.
struct IdleList {
    /// The neighbours of a connection by their numbers.
    private struct Node {
        var previous = IdleList.outside
        var next = IdleList.none
    }

    /// The number of a missing neighbour.
    private static let none: Int32 = -1
    /// The number of a connection outside the list.
    private static let outside: Int32 = -2

    private var nodes: [Node] = []
    private var first = Self.none
    private var last = Self.none

    /// The descriptor number of the longest idle connection.
    var oldest: Int32? { first == Self.none ? nil : first }

    /// Adds a connection that has become idle.
    mutating func enter(_ watch: Watch) {
        let number = Int(watch.number)
        while nodes.count <= number { nodes.append(Node()) }
        precondition(nodes[number].previous == Self.outside, "a connection becomes idle once")
        nodes[number] = Node(previous: last)
        if last == Self.none { first = watch.number } else { nodes[Int(last)].next = watch.number }
        last = watch.number
    }

    /// Removes a connection, if it is in the list.
    mutating func leave(_ watch: Watch) {
        guard Int(watch.number) < nodes.count, nodes[Int(watch.number)].previous != Self.outside else { return }
        let node = nodes[Int(watch.number)]
        nodes[Int(watch.number)] = Node()
        if node.previous == Self.none { first = node.next } else { nodes[Int(node.previous)].next = node.next }
        if node.next == Self.none { last = node.previous } else { nodes[Int(node.next)].previous = node.previous }
    }
}
