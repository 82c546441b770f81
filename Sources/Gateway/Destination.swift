internal import Datagrams
internal import EventLoop
internal import Sockets

/// One address of the UDP service, as one worker knows it: its sockets, its round trips, its health.
final class Destination {
    let address: SocketAddress
    /// One bit that tells it from the others, as long as these are not more than 64.
    var mark: UInt64 = 0
    let sockets: ExchangeSockets
    private(set) var counts = DestinationCounts()
    private(set) var estimator: RoundTripEstimator
    private var health: AddressHealth
    /// Exchanges now under way with it.
    private(set) var inFlight = 0

    init(address: SocketAddress, configuration: Configuration, ring: SocketRing, loop: EventLoop) {
        self.address = address
        sockets = ExchangeSockets(to: address, ring: ring, loop: loop)
        estimator = RoundTripEstimator(
            floor: configuration.minRetransmit,
            initial: Backoff.elapsed(after: 1, of: configuration.attempts, within: configuration.timeout))
        health = AddressHealth(silence: configuration.timeout, at: loop.now)
    }

    /// The counters at this moment, for the metrics.
    var snapshot: DestinationCounts {
        var counts = self.counts
        counts.inFlight = inFlight
        counts.isWell = health.isWell
        counts.sockets = sockets.snapshot
        return counts
    }

    /// Whether it has no socket, and no exchange that waits for one.
    var isDeserted: Bool { inFlight == 0 && sockets.isEmpty }

    /// Whether it may be asked now.
    func mayTake(at now: MonotonicTime) -> Bool { health.mayTake(at: now) }

    /// When it may be asked again, where it is out.
    var outageEnd: MonotonicTime? { health.end }

    /// An attempt begins; returns whether it tries an address that was out.
    func begin() -> Bool {
        inFlight += 1
        return health.take()
    }

    /// An attempt has ended, however.
    func end(at now: MonotonicTime, isTrial: Bool) {
        inFlight -= 1
        if isTrial { health.endTrial(at: now) }
    }

    /// A datagram has left, for the first time or for another.
    func sent(_ departure: ExchangeStory.Kind) {
        counts.sent += 1
        if departure == .retransmitted { counts.retransmissions += 1 }
        if departure == .rerouted { counts.failovers += 1 }
    }

    /// A reply has come; only that to a single datagram tells how long the way is.
    func replied(after roundTrip: Interval, of one: Bool, length: Int, at now: MonotonicTime) {
        counts.replies += 1
        if length == 0 { counts.empty += 1 }
        counts.roundTrips.add(roundTrip)
        if one { estimator.sample(roundTrip) }
        health.succeed(at: now)
    }

    /// A reply was longer than the limit.
    ///
    /// It is a sign of life all the same.
    func truncated(at now: MonotonicTime) {
        counts.truncated += 1
        health.succeed(at: now)
    }

    /// Strangers had sent datagrams before the socket had its peer.
    func overheard(_ count: Int) { counts.foreign += count }

    /// A report that nobody listens has come; `isLate` for one of an earlier exchange.
    func refused(isLate: Bool) {
        if isLate { counts.lateRefusals += 1 } else { counts.refusals += 1 }
    }

    /// No way led there.
    func unreached() { counts.unreachables += 1 }

    /// No reply came in time, or the datagram could not be sent.
    func failed(_ failure: AddressHealth.Failure, isTrial: Bool, at now: MonotonicTime, longestOutage: Interval) {
        if failure == .silence { counts.timeouts += 1 }
        health.fail(failure, at: now, isTrial: isTrial, longest: longestOutage)
    }
}

/// What one worker has seen of one address.
struct DestinationCounts: Sendable {
    /// Datagrams sent, the first of each exchange and all others.
    var sent = 0
    /// Datagrams sent again.
    var retransmissions = 0
    /// Datagrams sent here because another address could not be reached.
    var failovers = 0
    /// Replies that answered a request.
    var replies = 0
    /// Of these, the ones without a byte.
    var empty = 0
    /// Replies longer than the limit.
    var truncated = 0
    /// Datagrams of strangers to sockets that were just being opened.
    var foreign = 0
    /// ICMP reports that nobody listens, of the exchange under way.
    var refusals = 0
    /// Datagrams to which no way led, by ICMP reports or by the host's own routes.
    var unreachables = 0
    /// ICMP reports of earlier exchanges, found when sending.
    var lateRefusals = 0
    /// Attempts without a reply in time.
    var timeouts = 0
    /// How long the round trips took.
    var roundTrips = RoundTripHistogram()
    /// Exchanges now under way.
    var inFlight = 0
    /// Whether it takes requests.
    var isWell = true
    /// ICMP reports that belong to no exchange under way, wherever they were found.
    var foreignRefusals: Int { lateRefusals + sockets.lateRefusals }
    /// What was seen on its sockets between exchanges.
    var sockets = ExchangeSockets.Counts()
}
