internal import DequeModule
internal import EventLoop

/// Which socket may carry the next exchange: a plain state machine, without sockets and without a clock.
///
/// The payload of a datagram means nothing to a gateway, so the socket, by its port, is all that ties a reply to its
/// request. Two rules keep a late or doubled reply from the next request:
///
/// - After an exchange that ended well a socket rests, and of the rested ones the one that has rested longest is next.
/// - After an exchange that may still bring a reply, because none came or because several were asked for, a socket is
///   in quarantine first: open, so that the kernel does not give its port to another, and drained, but not used.
struct SocketRing {
    /// How an exchange left its socket.
    enum Outcome {
        /// One datagram went out and its one reply came in.
        case settled
        /// A reply may still be under way.
        case unsettled
    }

    /// What a request for a socket gets.
    enum Turn: Equatable {
        /// Use this one.
        case use(Int)
        /// Open a new one under this number and use it.
        case open(Int)
        /// None may be used yet: ask again at `nextRested` or after a release.
        case wait
    }

    private enum State: Equatable {
        case vacant, busy, resting, quarantined
    }

    /// A socket that may not be used before its time.
    ///
    /// All waits of a queue are equally long, so it is in order.
    private struct Pause {
        let index: Int
        let end: MonotonicTime
    }

    /// The most sockets.
    let capacity: Int
    private let rest: Interval
    private let quarantine: Interval
    private var states: [State] = []
    private var vacancies: [Int] = []
    private var resting: Deque<Pause> = []
    private var quarantined: Deque<Pause> = []

    /// Takes last what rested longest, and does not care how long: the plain pool that most gateways have.
    ///
    /// Only to show what comes of it.
    let isPlainPool: Bool

    init(capacity: Int, rest: Interval, quarantine: Interval, isPlainPool: Bool = false) {
        precondition(capacity > 0, "a ring needs a socket")
        self.isPlainPool = isPlainPool
        self.capacity = capacity
        self.rest = rest
        self.quarantine = quarantine
    }

    /// How many sockets are open.
    var count: Int { states.count - vacancies.count }
    /// How many sockets are in quarantine.
    var quarantinedCount: Int { quarantined.count }
    /// How many sockets carry an exchange.
    var busyCount: Int { count - resting.count - quarantined.count }

    /// Whether a socket carries an exchange now.
    func isBusy(_ index: Int) -> Bool { states[index] == .busy }

    /// Finds a socket for an exchange, which has it until `release`.
    mutating func take(at now: MonotonicTime) -> Turn {
        if isPlainPool, let last = resting.popLast() {
            states[last.index] = .busy
            return .use(last.index)
        }
        endQuarantines(at: now)
        if let first = resting.first, first.end <= now {
            resting.removeFirst()
            states[first.index] = .busy
            return .use(first.index)
        }
        return count < capacity ? .open(vacancy()) : .wait
    }

    /// When the next socket will be rested, as far as that is known; an exchange that ends may be sooner.
    var nextRested: MonotonicTime? {
        guard let paused = resting.first?.end else { return quarantined.first.map { $0.end + rest } }
        return quarantined.first.map { min(paused, $0.end + rest) } ?? paused
    }

    /// Ends the exchange on a socket.
    mutating func release(_ index: Int, _ outcome: Outcome, at now: MonotonicTime) {
        precondition(states[index] == .busy, "only a busy socket is released")
        switch isPlainPool ? .settled : outcome {
        case .settled:
            states[index] = .resting
            resting.append(Pause(index: index, end: now + rest))
        case .unsettled:
            states[index] = .quarantined
            quarantined.append(Pause(index: index, end: now + quarantine))
        }
    }

    /// Forgets a socket that could not be opened, or that has failed.
    mutating func discard(_ index: Int) {
        precondition(states[index] == .busy, "only a busy socket is discarded")
        states[index] = .vacant
        vacancies.append(index)
    }

    /// Takes out one socket that nobody has needed for `idle` after its rest, for closing; nil when there is none.
    mutating func retire(idle: Interval, at now: MonotonicTime) -> Int? {
        endQuarantines(at: now)
        guard let first = resting.first, first.end + idle <= now else { return nil }
        resting.removeFirst()
        states[first.index] = .vacant
        vacancies.append(first.index)
        return first.index
    }

    /// Lets sockets out of quarantine: they rest before they are used.
    private mutating func endQuarantines(at now: MonotonicTime) {
        while let first = quarantined.first, first.end <= now {
            quarantined.removeFirst()
            states[first.index] = .resting
            // Counted from the quarantine's end, whenever that is noticed, or `nextRested` would promise too much; but
            // never before those who rest already, so that the queue stays in order.
            let end = max(first.end + rest, resting.last?.end ?? first.end)
            resting.append(Pause(index: first.index, end: end))
        }
    }

    private mutating func vacancy() -> Int {
        if let index = vacancies.popLast() {
            states[index] = .busy
            return index
        }
        states.append(.busy)
        return states.count - 1
    }
}
