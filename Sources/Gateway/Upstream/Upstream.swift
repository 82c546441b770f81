internal import EventLoop
internal import System

/// A UDP service behind the gateway, as one worker sees it: its backends, and the exchanges with them.
final class Upstream {
    let configuration: Configuration
    let policy: ReplyPolicy
    private let timeout: Interval
    private let attempts: Int
    let loop: EventLoop
    /// Where replies are received.
    let replies: ReplyBuffer
    private let limits: SharedLimits
    /// Whether the operator wants to be told of each datagram.
    let isVerbose: Bool
    private(set) var backends: [Backend] = []
    /// The identity of the only backend, where there is one.
    private(set) var soleBackend: Int?
    /// Addresses that are no longer the service's, as long as sockets to them may still hear a reply.
    private var departed: [Backend] = []
    /// How many backends there have been.
    private var known = 0
    /// Where the next search for a backend begins, so that equals take turns.
    private var rotation = 0
    var budget: RetransmissionBudget
    private var random = SystemRandomNumberGenerator()
    private var counts = UpstreamCounts()
    /// The first of the exchanges that are not needed now, and how many these are: one leads to the next, so that none is counted
    /// on its way.
    private var spare: Exchange?
    private var spareCount = 0
    /// Tells of backends that go and come back; nil in tests.
    var log: BackendLog?
    /// What the exchange came to that has ended last: the handler that is told of the end may look.
    var last = ExchangeRecord()

    /// So many exchanges that are not needed now are kept.
    private static let keptSpares = 64
    /// A socket that no exchange has needed for so long after its rest is closed, but not before its port may be used again
    /// without a thought: the kernel might give it to the next one.
    private var idleTime: Interval { max(configuration.quarantine, .seconds(10)) }

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
        self.loop = loop
        budget = RetransmissionBudget(share: configuration.retransmitShare)
    }

    /// The counters at this moment, for the metrics.
    var snapshot: UpstreamCounts {
        var counts = self.counts
        counts.backends = backends.map { ($0.address, $0.snapshot) }
        return counts
    }

    /// Whether no backend has had a good verdict, and all the bad ones are recent.
    var isDown: Bool { !backends.isEmpty && backends.allSatisfy { $0.isDown(at: loop.now) } }

    // MARK: - Exchanges

    /// Sends the payload as one datagram; `handler` gets the reply, or the failure where that is not known at once.
    ///
    /// - `patience`: how long the caller wants to wait; the configuration's timeout stands.
    /// - `trace`: what happens is written down there.
    ///
    /// Returns the failure where the exchange ends at once.
    @inline(__always)
    func begin(
        _ payload: Span<UInt8>, patience: Interval? = nil, trace: ExchangeTrace? = nil,
        for handler: any ExchangeHandler
    ) -> GatewayError? {
        if let failure = takePlace() { return failure }
        budget.deposit()
        return takeSpare().begin(
            payload, timeout: min(patience ?? timeout, timeout), attempts: attempts, trace: trace, only: nil,
            for: handler)
    }

    /// What replies go into that are not one from the address that is asked.
    func makeCollection() -> ReplyCollection { ReplyCollection(policy: policy, budget: limits.buffered) }

    /// The same where the answer is not one reply from the address that is asked: what comes goes into the collection, and
    /// the end is told as for one.
    func collect(
        _ payload: ArraySlice<UInt8>, into collection: ReplyCollection, patience: Interval?, trace: ExchangeTrace?,
        for handler: any ExchangeHandler
    ) -> GatewayError? {
        budget.deposit()
        let longest = policy.wait ?? timeout
        let time = min(patience ?? longest, longest)
        guard asksAll else { return collect(payload, into: collection, time, trace, only: nil, for: handler) }
        let fanOut = FanOut(into: collection, for: handler)
        return fanOut.begin(among: backends) { backend in
            collect(payload, into: collection, time, trace, only: backend, for: fanOut)
        }
    }

    /// Whether each address is asked, and not one of them: who answers is not known, and they are no equals that take turns.
    private var asksAll: Bool {
        policy.source == .any && backends.count > 1 && (!policy.isSingle || backends.contains { $0.address.isForMany })
    }

    private func collect(
        _ payload: ArraySlice<UInt8>, into collection: ReplyCollection, _ time: Interval, _ trace: ExchangeTrace?,
        only backend: Backend?, for handler: any ExchangeHandler
    ) -> GatewayError? {
        if let failure = takePlace() { return failure }
        return takeSpare().begin(
            payload.span, timeout: time, attempts: policy.source == .any ? 1 : attempts, trace: trace,
            collection: collection, only: backend, for: handler)
    }

    /// Takes the place of an exchange; returns the failure where there is none.
    @inline(__always)
    func takePlace() -> GatewayError? {
        guard limits.inFlight.take() else {
            counts.overloads += 1
            last = ExchangeRecord()
            return .overloaded(limit: limits.inFlight.most)
        }
        counts.inFlight += 1
        return nil
    }

    /// Gives the place back.
    func endDispatch(_ failure: GatewayError?) {
        if let failure { record(failure) }
        counts.inFlight -= 1
        limits.inFlight.giveBack()
    }

    /// Asks a backend whether it is alive, with a datagram of the operator's: any reply counts.
    func probe(_ backend: Backend, _ datagram: [UInt8]) async {
        await withCheckedContinuation { continuation in
            let probe = Probe(continuation)
            let failure = takeSpare().begin(
                datagram.span, timeout: configuration.timeout, attempts: 1, trace: nil, only: backend, for: probe)
            if let failure { probe.finished(.failure(failure)) }
        }
    }

    private final class Probe: ExchangeHandler {
        private let continuation: CheckedContinuation<Void, Never>

        init(_ continuation: CheckedContinuation<Void, Never>) { self.continuation = continuation }

        func finished(_ outcome: Result<Reply, GatewayError>) { continuation.resume() }
    }

    @inline(__always)
    private func takeSpare() -> Exchange {
        guard let exchange = spare.take() else { return Exchange(upstream: self) }
        spare = exchange.nextSpare.take()
        spareCount -= 1
        return exchange
    }

    /// Takes an exchange back that has ended.
    @inline(__always)
    func recycle(_ exchange: Exchange, isProbe: Bool) {
        exchange.nextSpare = spare.take()
        spare = exchange
        spareCount += 1
        guard !isProbe else { return }
        counts.inFlight -= 1
        limits.inFlight.giveBack()
    }

    /// The address of the backend that was asked last, in words; empty for none.
    var nameOfLast: [UInt8] {
        (backends.first { $0.id == last.backend } ?? departed.first { $0.id == last.backend })?.name ?? []
    }

    /// Counts a failure that belongs to no backend.
    func record(_ failure: GatewayError) {
        switch failure {
        case .noBackend: counts.withoutBackend += 1
        case .noSocket, .blocked: counts.exhausted += 1
        default: break
        }
    }

    /// How long to wait after this attempt before the next: what round trips took, and a little more at random.
    func pause(beforeAttempt attempt: Int, at backend: Backend) -> Interval {
        let jitter = attempt == 1 ? 0 : Double.random(in: 0..<1, using: &random)
        return backend.estimator.timeout(attempt: attempt, jitter: jitter)
    }

    /// Where the next search for a backend begins.
    func nextRotation() -> Int {
        rotation = (rotation + 1) & 0xFFFF
        return rotation
    }

    // MARK: - Addresses

    /// Takes over a new set of addresses; those that stay keep all that is known of them, and exchanges under way with
    /// those that go are not disturbed.
    ///
    /// The sockets of those that go rest and are in quarantine as ever: names move to and fro, and if the address came
    /// back meanwhile, a new socket with the port of a closed one would hear the reply that is late for that.
    func replaceAddresses(_ addresses: [SocketAddress]) {
        let all = backends + departed
        backends = addresses.map { address in
            all.first { $0.address == address } ?? makeBackend(at: address, among: addresses.count)
        }
        departed = all.filter { !addresses.contains($0.address) }
        soleBackend = backends.count == 1 ? backends[0].id : nil
    }

    private func makeBackend(at address: SocketAddress, among count: Int) -> Backend {
        let shares = max(1, count) * configuration.workers * configuration.services
        let pool = SocketPool(
            capacity: configuration.maxSockets, spread: max(1, configuration.minSockets / shares),
            rest: configuration.rest, quarantine: configuration.quarantine, isPlainPool: configuration.isPlainPool)
        let sockets = ExchangeSocketPool(
            to: address, policy: policy, pool: pool, fairShare: max(1, configuration.maxSockets / shares),
            limit: limits.sockets, loop: loop)
        known += 1
        let oneWay = OneWaySocket(to: address, policy: policy, limit: limits.sockets, loop: loop)
        return Backend(
            address: address, id: known, sockets: sockets, oneWay: oneWay, configuration: configuration, log: log,
            at: .now())
    }

    /// Closes the sockets that no exchange has needed for a while, and of the addresses that have gone each as soon as it is
    /// rested.
    func sweep() {
        for backend in backends { backend.sockets.retire(idle: idleTime) }
        for backend in departed { backend.sockets.retire(idle: .seconds(0)) }
        for backend in departed where backend.isUnused { backend.close() }
        departed.removeAll(where: \.isUnused)
        if spareCount > Self.keptSpares { dropSpares((spareCount - Self.keptSpares + 1) / 2) }
    }

    /// The same where the service is no more: once no exchange is under way, its addresses go.
    ///
    /// Until then they stay, for an exchange may send again.
    func sweepLast() {
        if counts.inFlight == 0, backends.allSatisfy({ $0.inFlight == 0 }) { replaceAddresses([]) }
        sweep()
    }

    /// Whether no socket is left.
    var isUnused: Bool { backends.isEmpty && departed.isEmpty }

    /// Lets go of all sockets.
    func close() {
        for backend in backends + departed { backend.close() }
        dropSpares(spareCount)
    }

    /// Lets go of spare exchanges one by one: a long list that is let go of at once would end in as many nested calls.
    private func dropSpares(_ count: Int) { for _ in 0..<count { _ = takeSpare() } }
}

/// What an exchange came to, for the access log.
struct ExchangeRecord {
    /// The backend that was asked last, by its number; 0 for none.
    var backend = 0
    /// How many datagrams were sent; with a reply, it knows better.
    var attempts = 0
    /// Since the first datagram left; nil where none has.
    var elapsed: Interval?
}
