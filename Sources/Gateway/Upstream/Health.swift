internal import System
internal import EventLoop

/// What is known of a backend by its replies: a circuit breaker, without a clock of its own.
///
/// It never forbids anything: it says which backends to ask first. A single exchange without a reply says little, for a
/// service need not answer everything. Several in a row, with no reply to anything meanwhile, open the breaker for a time,
/// which grows while the backend stays silent: it is asked when no other is left. After that time one request tries it
/// (half-open). Any reply closes it.
///
/// A report that the backend cannot be reached says more than silence, and the first one opens the breaker: more may never come,
/// for a host sends six at once and then one a second to each other host (icmp(7), icmp_ratelimit), and all workers of a gateway
/// share them. To try such a backend costs a request next to nothing, so that the first outage is short. That it is down is
/// told after several failures, whichever they are.
struct Health {
    /// How a request came away without a reply.
    enum Failure {
        /// None came in time.
        case silence
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

    /// After so many failures in a row a backend whose breaker is open is called down; so many opens it, if no reply has come for
    /// `patience`.
    static let failures = 5
    /// The longest outage.
    static let longestOutage = Interval.seconds(30)
    /// How long a bad verdict counts for `/readyz` without newer failures: an instance that gets no requests learns nothing.
    static let verdictLifetime = Interval.seconds(10)

    /// How long a backend must have been silent, whatever else failed.
    let patience: Interval
    private var state = State.closed
    private var failuresInARow = 0
    private var outages = 0
    private var lastFailure = MonotonicTime(nanoseconds: 0)
    /// When the last reply came, or when the backend became known.
    private(set) var lastReply: MonotonicTime

    init(patience: Interval, at now: MonotonicTime) {
        self.patience = patience
        lastReply = now
    }

    /// Whether the last verdict was good: the breaker is closed, or open for few reports.
    var isUp: Bool {
        if case .closed = state { return true }
        return failuresInARow < Self.failures
    }

    /// Whether the last verdict was bad, and the failure behind it is recent.
    func isDown(at now: MonotonicTime) -> Bool { !isUp && now < lastFailure + Self.verdictLifetime }

    /// Whether the backend is asked like the others: it is up, or it is time to try it.
    func isPreferred(at now: MonotonicTime) -> Bool {
        switch state {
        case .closed: true
        case .open(let until): until <= now
        case .halfOpen: false
        }
    }

    /// A request goes to the backend; returns whether it is the one that tries it.
    mutating func begin(at now: MonotonicTime) -> Bool {
        guard case .open(let until) = state, until <= now else { return false }
        state = .halfOpen
        return true
    }

    /// A reply has come.
    mutating func succeed(at now: MonotonicTime) {
        lastReply = now
        failuresInARow = 0
        outages = 0
        state = .closed
    }

    /// A request came away without a reply.
    ///
    /// - `isTrial`: whether it was the one that tried the backend; of the others, some began before the outage.
    mutating func fail(_ failure: Failure, at now: MonotonicTime, isTrial: Bool) {
        failuresInARow += 1
        lastFailure = now
        if case .halfOpen = state, isTrial { return open(failure, now) }
        guard case .closed = state else { return }
        let isSilent = failuresInARow >= Self.failures && now.since(lastReply) >= patience
        if failure == .unreachable || isSilent { open(failure, now) }
    }

    /// The request that tried the backend has ended; if it ended without a verdict, another will try.
    mutating func endTrial(at now: MonotonicTime) {
        if case .halfOpen = state { state = .open(until: now) }
    }

    private mutating func open(_ failure: Failure, _ now: MonotonicTime) {
        let grown = failure.firstOutage.nanoseconds << UInt64(min(outages, 10))
        state = .open(until: now + min(Self.longestOutage, Interval(nanoseconds: grown)))
        outages += 1
    }
}
