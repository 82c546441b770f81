internal import Datagrams
internal import Logging
internal import System

/// One address of the UDP service, from one worker's view: its sockets, its round trips, its health.
final class Backend: ExchangeCandidate {
    let address: SocketAddress
    /// Whether its address is a group's, or means every host of the link.
    let isForMany: Bool
    /// Its number, which no other backend of its service has on this worker, not even a removed one.
    let id: Int
    /// Its address in words, for the access log.
    let name: [UInt8]
    private let share: SocketShare
    let sockets: ExchangeSocketPool
    /// The socket for datagrams that expect no reply.
    let oneWay: OneWaySocket
    var counts = BackendCounts()
    private(set) var estimator: RoundTripEstimator
    private var health: Health
    private let log: BackendLog?
    /// Its exchanges under way.
    private(set) var inFlight = 0

    init(
        address: SocketAddress, id: Int, share: SocketShare, sockets: ExchangeSocketPool, oneWay: OneWaySocket,
        configuration: Configuration, log: BackendLog? = nil, at now: MonotonicTime
    ) {
        self.address = address
        isForMany = address.isForMany
        self.log = log
        name = Array("\(address)".utf8)
        self.id = id
        self.share = share
        self.sockets = sockets
        self.oneWay = oneWay
        estimator = RoundTripEstimator(
            floor: configuration.minRetransmit,
            initial: Backoff.elapsed(after: 1, of: configuration.attempts, within: configuration.timeout))
        health = Health(
            timeout: configuration.timeout,
            probeInterval: configuration.probe == nil ? nil : configuration.probeInterval, at: now)
        sockets.backend = self
    }

    /// The counters at this moment, for the metrics.
    var snapshot: BackendCounts {
        var counts = self.counts
        counts.inFlight = inFlight
        (counts.isUp, counts.lastVerdict) = (health.isUp, health.lastVerdict)
        counts.sockets = sockets.snapshot
        counts.unasked = oneWay.unasked
        return counts
    }

    /// Begins to count anew, for the address is the service's again: other workers may have forgotten it meanwhile.
    func beginCounting() { (counts, sockets.counts, oneWay.unasked) = (BackendCounts(), SocketCounts(), 0) }

    /// Whether it has no socket, and no exchange that waits for one.
    var isUnused: Bool { inFlight == 0 && share.open == 0 }

    /// Whether it gets requests like the others now.
    func isPreferred(at now: MonotonicTime) -> Bool { health.isPreferred(at: now) }

    /// Whether the last verdict is bad and recent.
    func isDown(at now: MonotonicTime) -> Bool { health.isDown(at: now) }

    var lastReply: MonotonicTime { health.lastReply }

    /// Begins an attempt; returns whether it is the trial of a backend that was out.
    func begin(at now: MonotonicTime) -> Bool {
        inFlight += 1
        return health.begin(at: now)
    }

    /// Ends an attempt, whatever its outcome.
    func end(at now: MonotonicTime, isTrial: Bool) {
        inFlight -= 1
        if isTrial { health.endTrial(at: now) }
    }

    /// Takes a socket for an exchange; see ``ExchangeSocketPool/take(for:isNew:)``.
    ///
    /// An exchange that calls the pool itself retains it: with ``giveBack(_:_:at:)`` four retains and 100 instructions a
    /// request.
    func takeSocket(for exchange: Exchange, isNew: Bool) -> ExchangeSocketPool.Allocation {
        sockets.take(for: exchange, isNew: isNew)
    }

    /// Takes a socket back; see ``ExchangeSocketPool/giveBack(_:_:at:)``.
    @inline(__always)
    func giveBack(_ socket: ExchangeSocket, _ outcome: SocketPool.Outcome, at time: MonotonicTime) {
        sockets.giveBack(socket, outcome, at: time)
    }

    /// Counts a datagram that has left, the first of an exchange or another.
    @inline(__always)
    func recordSend(_ sendKind: ExchangePlan.SendKind) {
        counts.sent += 1
        switch sendKind {
        case .sent: break
        case .retransmitted: counts.retransmissions += 1
        case .rerouted: counts.failovers += 1
        case .resized: counts.resized += 1
        }
    }

    /// Counts a reply; only one to a single datagram measures the round trip.
    @inline(__always)
    func recordReply(after roundTrip: Interval, of one: Bool, length: Int, at now: MonotonicTime) {
        counts.replies += 1
        if length == 0 { counts.empty += 1 }
        counts.roundTrips.add(roundTrip)
        if one { estimator.sample(roundTrip) }
        succeed(at: now)
    }

    /// Takes note of the time to a reply to one of several datagrams.
    func noteRepeated(_ elapsed: Interval) { estimator.noteRepeated(elapsed) }

    /// Takes note of a reply that came after its exchange had ended: at another address, or because its caller was
    /// impatient.
    ///
    /// In time it is a sign of life as any other: a service that has become slower than the wait would be taken for a
    /// silent one, and its wait would never grow.
    ///
    /// - `elapsed`: the time since its datagram.
    func recordLate(after elapsed: Interval, at now: MonotonicTime) {
        guard elapsed <= health.timeout else { return }
        estimator.noteRepeated(elapsed)
        succeed(at: now)
    }

    /// Counts a datagram that expects no reply and has reached a port, for no report says otherwise.
    func recordDelivery(at now: MonotonicTime) { succeed(at: now) }

    /// Sets its part of the gateway's sockets.
    ///
    /// - `fair`: the number where all addresses of all services need sockets.
    /// - `spread`: the number that are opened before one is used again early.
    func setShare(fair: Int, spread: Int) {
        share.setFair(fair)
        sockets.setSpread(spread)
    }

    /// Closes all its sockets, and leaves their places to others.
    func close() {
        sockets.close()
        oneWay.close()
        share.setFair(0)
    }

    /// Counts a reply that was longer than the limit, which is a sign of life all the same.
    func recordTruncated(at now: MonotonicTime) {
        counts.truncated += 1
        succeed(at: now)
    }

    /// Counts a datagram that could not reach the backend.
    func recordUnreachable(_ cause: SendFailure.Cause, isTrial: Bool, at now: MonotonicTime) {
        switch cause {
        case .refused: counts.refusals += 1
        case .unroutable: counts.unreachables += 1
        case .prohibited: counts.prohibitions += 1
        }
        fail(.unreachable, at: now, isTrial: isTrial)
    }

    /// Counts an attempt without a reply in time.
    ///
    /// - `verdict`: the failure, if the backend had all the time that the operator gives it.
    func recordSilence(_ verdict: Health.Failure?, isTrial: Bool, at now: MonotonicTime) {
        counts.timeouts += 1
        if let verdict { fail(verdict, at: now, isTrial: isTrial) }
    }

    @inline(__always)
    private func succeed(at now: MonotonicTime) {
        if !health.isUp { log?.logUp(self) }
        health.succeed(at: now)
    }

    private func fail(_ failure: Health.Failure, at now: MonotonicTime, isTrial: Bool) {
        let wasUp = health.isUp
        health.fail(failure, at: now, isTrial: isTrial)
        if wasUp, !health.isUp { log?.logDown(self, failure) }
    }
}

/// Logs when a backend of a service goes down and when it is up again, from one worker's view.
struct BackendLog {
    private let logger: Logger
    private let service: String

    /// - `service`: its path.
    init(_ logger: Logger, service: String) {
        self.logger = logger
        self.service = service
    }

    /// Logs the first bad verdict after good ones.
    func logDown(_ backend: Backend, _ failure: Health.Failure) {
        let reason = failure == .unreachable ? "it cannot be reached" : "it does not reply"
        logger.warning("\(service): \(backend.address) is down: \(reason)")
    }

    /// Logs that a datagram did not leave, for want of a socket, a port or room.
    func logShortage(_ failure: GatewayError) { logger.warning("\(service): 503: \(failure.detail)") }

    /// Logs the first sign of life after a bad verdict.
    func logUp(_ backend: Backend) { logger.notice("\(service): \(backend.address) is up again") }
}
