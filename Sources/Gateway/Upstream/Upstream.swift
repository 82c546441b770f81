internal import EventLoop
internal import System

/// A UDP service behind the gateway, from one worker's view: its backends, and the exchanges with them.
final class Upstream {
    let configuration: Configuration
    let policy: ReplyPolicy
    private let timeout: Interval
    private let attempts: Int
    let loop: EventLoop
    /// The worker's buffer of received replies, and the room for the longest of this service.
    let replies: ReplyBuffer
    let room: Range<Int>
    private let limits: SharedLimits
    /// Whether the operator observes each datagram.
    let isVerbose: Bool
    private(set) var backends: [Backend] = []
    /// The identity of the only backend, where there is one.
    private(set) var soleBackend: Int?
    /// Former addresses of the service, as long as sockets to them may still get a reply.
    private var former: [Backend] = []
    /// The number of the gateway's services, which share the sockets.
    var services = 1
    /// The number of backends so far.
    private var known = 0
    /// The start of the next search for a backend, so that equals alternate.
    private var rotation = 0
    var budget: RetransmissionBudget
    private var random = SystemRandomNumberGenerator()
    private var counts = UpstreamCounts()
    /// Whether the service has been removed.
    private var isRetired = false
    /// The first spare exchange and the number of spare ones: each leads to the next, so that the compiler moves and
    /// does not retain them.
    private var spare: Exchange?
    private var spareCount = 0
    /// Logs backends that go down and come back; nil in tests.
    var log: BackendLog?
    /// The record of the exchange that has ended last, which the handler of that end may read.
    var last = ExchangeRecord()

    /// The least fair number of sockets: one of exchanges, and the one for datagrams without a reply.
    private static let leastShare = 2
    /// The most spare exchanges.
    private static let keptSpares = 64
    /// A socket that no exchange has needed for this long after its rest is closed, but not before its port may be used
    /// again: the kernel might give it to the next one.
    private var idleTime: Interval { max(quarantine, .seconds(10)) }
    private var quarantine: Interval { configuration.quarantine }

    init(
        configuration: Configuration, policy: ReplyPolicy = ReplyPolicy(), limits: SharedLimits, replies: ReplyBuffer,
        loop: EventLoop
    ) {
        self.policy = policy
        self.configuration = configuration
        timeout = configuration.timeout
        attempts = configuration.attempts
        isVerbose = configuration.onDatagram != nil
        self.limits = limits
        self.replies = replies
        room = replies.range(of: configuration.maxDatagram)
        self.loop = loop
        budget = RetransmissionBudget(share: configuration.retransmitShare)
    }

    /// The counters at this moment, for the metrics.
    var snapshot: UpstreamCounts {
        var counts = self.counts
        counts.backends = backends.map { ($0.address, $0.snapshot) }
        return counts
    }

    /// Whether there is recent proof of each backend that it is down.
    var isDown: Bool { !backends.isEmpty && backends.allSatisfy { $0.isDown(at: loop.now) } }

    // MARK: - Exchanges

    /// Sends the payload as one datagram; `handler` gets the reply, or the failure where that is not known at once.
    ///
    /// - `requestedTimeout`: the caller's own timeout; the configuration's holds as well.
    /// - `trace`: the record of the events.
    ///
    /// Returns the failure where the exchange ends at once.
    @inline(__always)
    func begin(
        _ payload: Span<UInt8>, requestedTimeout: Interval? = nil, trace: ExchangeTrace? = nil,
        for handler: any ExchangeHandler
    ) -> GatewayError? {
        if let failure = takePlace() { return turnAway(failure) }
        budget.deposit()
        return takeSpare().begin(
            payload, timeout: min(requestedTimeout ?? timeout, timeout), attempts: attempts, trace: trace, only: nil,
            for: handler)
    }

    /// The operator's time for an exchange; a caller may ask for less.
    var longestTimeout: Interval { policy.wait ?? timeout }

    /// A collection, for an answer that is not one reply from the address itself.
    func makeCollection() -> ReplyCollection {
        ReplyCollection(policy: policy, showsAddresses: configuration.showsAddresses, budget: limits.buffered)
    }

    /// Sends the payload as one datagram, whose replies go into a collection; `handler` gets the end as for one reply.
    func collect(
        _ payload: ArraySlice<UInt8>, into collection: ReplyCollection, requestedTimeout: Interval?,
        trace: ExchangeTrace?, for handler: any ExchangeHandler
    ) -> GatewayError? {
        let time = min(requestedTimeout ?? longestTimeout, longestTimeout)
        guard asksAll else { return collect(payload, into: collection, time, trace, only: nil, for: handler) }
        let fanOut = FanOut(into: collection, of: self, for: handler)
        let failure = fanOut.begin(among: backends) { backend in
            collect(payload, into: collection, time, trace, only: backend, for: fanOut)
        }
        return failure.map(turnAway)
    }

    /// Whether each address gets the datagram: the addresses are groups or any host may answer, so that they are not
    /// equals.
    var asksAll: Bool {
        policy.source == .any && backends.count > 1 && (!policy.isSingle || backends.contains(where: \.isForMany))
    }

    private func collect(
        _ payload: ArraySlice<UInt8>, into collection: ReplyCollection, _ time: Interval, _ trace: ExchangeTrace?,
        only backend: Backend?, for handler: any ExchangeHandler
    ) -> GatewayError? {
        if let failure = takePlace() { return backend == nil ? turnAway(failure) : failure }
        budget.deposit()
        let exchange = takeSpare()
        collection.join(exchange)
        return exchange.begin(
            payload.span, timeout: time, attempts: policy.source == .any ? 1 : attempts, trace: trace, only: backend,
            for: handler)
    }

    /// Takes the place of an exchange; returns the failure where there is none.
    @inline(__always)
    func takePlace() -> GatewayError? {
        guard limits.inFlight.take() else {
            last = ExchangeRecord()
            return .overloaded(limit: limits.inFlight.most)
        }
        counts.inFlight += 1
        return nil
    }

    /// Releases the place.
    func endDispatch(_ failure: GatewayError?) {
        if let failure { record(failure) }
        counts.inFlight -= 1
        limits.inFlight.giveBack()
    }

    @inline(__always)
    func takeSpare() -> Exchange {
        guard let exchange = spare.take() else { return Exchange(upstream: self) }
        spare = exchange.nextSpare.take()
        spareCount -= 1
        return exchange
    }

    /// Takes back an exchange that has ended.
    @inline(__always)
    func recycle(_ exchange: Exchange, isProbe: Bool) {
        exchange.nextSpare = spare.take()
        spare = exchange
        spareCount += 1
        guard !isProbe else { return }
        counts.inFlight -= 1
        limits.inFlight.giveBack()
    }

    /// The address of the last attempt's backend, in words; empty for none.
    var nameOfLast: [UInt8] {
        (backends.first { $0.id == last.backend } ?? former.first { $0.id == last.backend })?.name ?? []
    }

    /// Counts a request that ends at once with this failure, and returns the failure.
    func turnAway(_ failure: GatewayError) -> GatewayError {
        record(failure)
        return failure
    }

    /// Counts the failure of a request that belongs to no backend.
    func record(_ failure: GatewayError) {
        switch failure {
        case .overloaded: counts.overloads += 1
        case .noBackend: counts.withoutBackend += 1
        case .noSocket, .blocked:
            counts.exhausted += 1
            log?.logShortage(failure)
        default: break
        }
    }

    /// The wait after this attempt before the next: by the round trips, and a little more at random.
    func pause(beforeAttempt attempt: Int, at backend: Backend) -> Interval {
        let jitter = attempt == 1 ? 0 : Double.random(in: 0..<1, using: &random)
        return backend.estimator.timeout(attempt: attempt, jitter: jitter)
    }

    func nextRotation() -> Int {
        rotation = (rotation + 1) & 0xFFFF
        return rotation
    }

    // MARK: - Addresses

    /// Replaces the addresses; those that stay keep their state, and exchanges with those that go continue.
    ///
    /// The sockets of those that go rest and are in quarantine as ever: names move to and fro, and if the address came
    /// back meanwhile, a new socket with the port of a closed one would hear the late reply to that one.
    func replaceAddresses(_ addresses: [SocketAddress]) {
        let all = backends + former
        // The wildcard address and the loopback address are one destination.
        var seen: Set<SocketAddress> = []
        let addresses = addresses.map(\.destination).filter { seen.insert($0).inserted }
        for backend in former where addresses.contains(backend.address) { backend.beginCounting() }
        backends = addresses.map { address in
            all.first { $0.address == address } ?? makeBackend(at: address)
        }
        former = all.filter { !addresses.contains($0.address) }
        soleBackend = backends.count == 1 ? backends[0].id : nil
        share()
    }

    private func makeBackend(at address: SocketAddress) -> Backend {
        let pool = SocketPool(
            capacity: configuration.maxSockets, rest: configuration.rest, quarantine: configuration.quarantine)
        let share = SocketShare(of: limits.sockets, fresh: limits.freshSockets)
        known += 1
        return Backend(
            address: address, id: known, share: share,
            sockets: ExchangeSocketPool(to: address, policy: policy, pool: pool, share: share, loop: loop),
            oneWay: OneWaySocket(to: address, policy: policy, share: share, loop: loop),
            configuration: configuration, log: log, at: .now())
    }

    /// Gives each address its part of the sockets; the services share them equally, and so do the addresses of a service.
    private func share() {
        let shares = max(1, backends.count) * configuration.workers * services
        for backend in isRetired ? [] : backends {
            backend.setShare(
                fair: max(Self.leastShare, configuration.maxSockets / shares),
                spread: max(1, configuration.minSockets / shares))
        }
        for backend in isRetired ? backends + former : former {
            backend.setShare(fair: backend.inFlight > 0 ? Self.leastShare : 0, spread: 1)
        }
    }

    /// Leaves its part of the sockets to the services that stay, except for the exchanges under way.
    func retire() {
        isRetired = true
        share()
    }

    /// Closes the sockets that no exchange has needed for a while, and those of former addresses after the time of a
    /// quarantine, or sooner where others need their places.
    func sweep() {
        share()
        for backend in backends { backend.sockets.retire(idle: idleTime) }
        for backend in former { backend.sockets.retire(idle: quarantine) }
        for backend in backends { backend.oneWay.retire(idle: limits.sockets.isShort() ? quarantine : idleTime) }
        for backend in former { backend.oneWay.retire(idle: quarantine) }
        for backend in former where backend.isUnused { backend.close() }
        former.removeAll(where: \.isUnused)
        if spareCount > Self.keptSpares { dropSpares((spareCount - Self.keptSpares + 1) / 2) }
    }

    /// Closes the sockets of a removed service; once no exchange is under way, its addresses go.
    ///
    /// Until then they stay, for an exchange may send again.
    func sweepLast() {
        if counts.inFlight == 0, backends.allSatisfy({ $0.inFlight == 0 }) { replaceAddresses([]) }
        sweep()
    }

    var isUnused: Bool { backends.isEmpty && former.isEmpty }

    /// Closes all sockets.
    func close() {
        for backend in backends + former { backend.close() }
        dropSpares(spareCount)
    }

    /// Drops spare exchanges one by one: a long list that is dropped at once would end in as many nested calls.
    private func dropSpares(_ count: Int) { for _ in 0..<count { _ = takeSpare() } }
}
