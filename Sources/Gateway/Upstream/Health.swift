internal import System

/// A backend's health by its replies: a circuit breaker, without a clock of its own.
///
/// It orders the backends and never forbids one. A single exchange without a reply says little, for a service need not
/// answer everything. Several in a row, with no reply meanwhile, open the breaker for a time, which grows while the
/// backend stays silent: it gets requests only when no other backend is left. After that time one request tries it
/// (half-open). Any reply closes the breaker.
///
/// A report that the backend is unreachable says more than silence, and the first one opens the breaker: more may never
/// come, for a host sends six at once and then one a second to each other host (icmp(7), icmp_ratelimit), and all
/// workers of a gateway share them. A trial of such a backend costs a request next to nothing, so that the first outage
/// is short. The backend counts as down after several failures of either kind.
struct Health {
    /// The failure of a request without a reply.
    enum Failure {
        /// No reply came in time. A service need not answer everything that callers send.
        case silence
        /// No reply came to the operator's own datagram.
        case unansweredProbe
        /// The network or this host reported that the datagram reached no service.
        case unreachable

        /// How long the first outage is.
        fileprivate var firstOutage: Interval { self == .unreachable ? .milliseconds(100) : .seconds(1) }
    }

    private enum State {
        case closed
        case open(until: MonotonicTime)
        /// One request is trying the backend.
        case halfOpen
    }

    /// After this many failures in a row a backend with an open breaker counts as down; this many open the breaker, if
    /// no reply has come for `timeout`.
    static let failures = 5
    /// The longest outage.
    static let longestOutage = Interval.seconds(30)
    /// The least time for which proof that the backend is down counts for `/readyz` without newer proof: an instance
    /// without requests learns nothing.
    static let leastProofTime = Interval.seconds(10)

    /// The least silence before the breaker opens, whatever the failures.
    let timeout: Interval
    /// The time for which proof counts: with probes at least until the next one has ended.
    private let proofTime: Interval
    private var state = State.closed
    private var failuresInARow = 0
    private var outages = 0
    /// The time of the last failure that proves something: the payloads of callers alone never take the service from
    /// others.
    private var lastProof: MonotonicTime?
    /// The time of the last reply, or of the backend's creation.
    private(set) var lastReply: MonotonicTime
    /// The time of the last failure that made or confirmed a bad verdict, or of the backend's creation.
    private var lastBadVerdict: MonotonicTime

    /// The time of the last verdict, by which those of workers compare: a reply is a good one, and a failure that leaves
    /// the backend up is none.
    var lastVerdict: MonotonicTime { max(lastReply, lastBadVerdict) }

    /// - `probeInterval`: the pause between the operator's probes; nil without them.
    init(timeout: Interval, probeInterval: Interval? = nil, at now: MonotonicTime) {
        self.timeout = timeout
        let round = probeInterval.map { $0.nanoseconds + timeout.nanoseconds + 1_000_000_000 } ?? 0
        proofTime = max(Self.leastProofTime, Interval(nanoseconds: round))
        (lastReply, lastBadVerdict) = (now, now)
    }

    /// Whether the last verdict was good: the breaker is closed, or open for few reports.
    var isUp: Bool {
        if case .closed = state { return true }
        return failuresInARow < Self.failures
    }

    /// Whether the last verdict was bad, and there is recent proof: a report, or a probe without a reply.
    func isDown(at now: MonotonicTime) -> Bool {
        !isUp && lastProof.map { $0 > lastReply && now < $0 + proofTime } ?? false
    }

    /// Whether the backend gets requests like the others: it is up, or a trial is due.
    func isPreferred(at now: MonotonicTime) -> Bool {
        switch state {
        case .closed: true
        case .open(let until): until <= now
        case .halfOpen: false
        }
    }

    /// Begins a request; returns whether it is the trial.
    mutating func begin(at now: MonotonicTime) -> Bool {
        guard case .open(let until) = state, until <= now else { return false }
        state = .halfOpen
        return true
    }

    /// Records a reply.
    mutating func succeed(at now: MonotonicTime) {
        lastReply = now
        failuresInARow = 0
        outages = 0
        state = .closed
    }

    /// Records a request that ended without a reply.
    ///
    /// - `isTrial`: whether it was the trial; some of the others began before the outage.
    mutating func fail(_ failure: Failure, at now: MonotonicTime, isTrial: Bool) {
        failuresInARow += 1
        if failure != .silence { lastProof = now }
        let isSilent = failuresInARow >= Self.failures && now.since(lastReply) >= timeout
        switch state {
        case .halfOpen where isTrial: open(failure, now)
        case .closed where failure == .unreachable || isSilent: open(failure, now)
        default: break
        }
        if !isUp { lastBadVerdict = now }
    }

    /// Ends the trial; without a verdict another request will be the trial.
    mutating func endTrial(at now: MonotonicTime) {
        if case .halfOpen = state { state = .open(until: now) }
    }

    private mutating func open(_ failure: Failure, _ now: MonotonicTime) {
        let grown = failure.firstOutage.nanoseconds << UInt64(min(outages, 10))
        state = .open(until: now + min(Self.longestOutage, Interval(nanoseconds: grown)))
        outages += 1
    }
}
