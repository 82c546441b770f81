internal import EventLoop

/// Whether an address of the UDP service is worth asking: judged by its replies, without a clock of its own.
///
/// A single exchange without a reply says little, for the service may not answer everything. Several in a row, with no
/// reply to anything meanwhile, take the address out for a time, which grows while it stays silent. After that time one
/// request tries it again.
///
/// Several reports that the address cannot be reached say more than silence, and at once. To try such an address costs a
/// request next to nothing, so that the first outage is short.
struct AddressHealth {
    /// How a request came away without a reply.
    enum Failure {
        /// None came in time.
        case silence
        /// A report came instead: nobody listens there, or no way leads there.
        case unreachable
        /// The system would not send the datagram.
        case unsent

        /// How long the first outage is.
        fileprivate var firstOutage: Interval { self == .unreachable ? .milliseconds(100) : .seconds(1) }
    }

    private enum State {
        case well
        case out(until: MonotonicTime)
        /// One request is trying it.
        case onProbation
    }

    /// So many failures in a row take an address out: reports at once, others if no reply has come for `silence`.
    static let failures = 5

    /// How long an address must have been silent, whatever else failed.
    let silence: Interval
    private var state = State.well
    private var failuresInARow = 0
    private var outages = 0
    private var lastReply: MonotonicTime

    init(silence: Interval, at now: MonotonicTime) {
        self.silence = silence
        lastReply = now
    }

    /// Whether the address takes requests.
    var isWell: Bool {
        if case .well = state { return true }
        return false
    }

    /// Whether a request may go there now; one that goes where the answer is only just "yes" tries the address out.
    func mayTake(at now: MonotonicTime) -> Bool {
        switch state {
        case .well: true
        case .out(let until): until <= now
        case .onProbation: false
        }
    }

    /// When a request may go there again; nil when one may go now or is trying.
    var end: MonotonicTime? {
        if case .out(let until) = state { return until }
        return nil
    }

    /// A request goes there; returns whether it is the one that tries the address.
    mutating func take() -> Bool {
        guard case .out = state else { return false }
        state = .onProbation
        return true
    }

    /// A reply has come.
    mutating func succeed(at now: MonotonicTime) {
        lastReply = now
        failuresInARow = 0
        outages = 0
        state = .well
    }

    /// A request came away without a reply.
    ///
    /// - `isTrial`: whether it was the one that tried the address; of the others, some began before the outage.
    /// - `longest`: how long an outage may grow.
    mutating func fail(_ failure: Failure, at now: MonotonicTime, isTrial: Bool, longest: Interval) {
        failuresInARow += 1
        if case .onProbation = state, isTrial { return goOut(failure, now, longest) }
        guard isWell, failuresInARow >= Self.failures else { return }
        if failure == .unreachable || now.since(lastReply) >= silence { goOut(failure, now, longest) }
    }

    /// A request that tried the address has ended; if it ended without a verdict, another will try.
    mutating func endTrial(at now: MonotonicTime) {
        if case .onProbation = state { state = .out(until: now) }
    }

    private mutating func goOut(_ failure: Failure, _ now: MonotonicTime, _ longest: Interval) {
        let grown = failure.firstOutage.nanoseconds << UInt64(min(outages, 10))
        state = .out(until: now + min(longest, Interval(nanoseconds: grown)))
        outages += 1
    }
}
