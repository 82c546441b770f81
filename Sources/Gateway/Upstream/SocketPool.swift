internal import System
internal import DequeModule
internal import EventLoop

/// Which socket may carry the next exchange: a plain state machine, without sockets and without a clock.
///
/// The payload of a datagram means nothing to a gateway, so the socket, by its port, is all that ties a reply to its
/// request. These rules keep a late or doubled reply from the next request:
///
/// - A port rests as long as there are others: a new socket is opened rather than one used again that has rested for less
///   than `quarantine`, until there are `spread` sockets; beyond that the one that has rested longest is next, once it has
///   rested for `rest`.
/// - After an exchange that may still bring a reply, because several datagrams were sent or a second reply came, a socket is
///   in quarantine first: open, so that the kernel does not give its port to another, and drained, but not used.
/// - After an exchange that brought no reply the socket is closed at the end of its quarantine: its port may be a dead entry
///   of a NAT, of a balancer, or of a route that has moved.
struct SocketPool {
    /// How an exchange left its socket.
    enum Outcome {
        /// One datagram went out and its one reply came in, or nothing went out.
        case settled
        /// A reply may still be under way.
        case unsettled
        /// No reply came.
        case silent
    }

    /// What a request for a socket gets.
    enum Turn: Equatable {
        /// Use this one.
        case use(Int)
        /// Open one under this number, in the place of the closed or dead one there, and use it.
        case open(Int)
        /// None may be used yet: ask again at `nextRested` or after a release.
        case wait
    }

    private enum State: Equatable {
        case vacant, busy, resting, quarantined
    }

    /// A socket's place: its state, and which of its pauses counts.
    private struct Slot {
        var state = State.vacant
        /// Whether it is to be closed at the end of its quarantine, and whether that has come and it is still open.
        var isDead = false
        var isClosable = false
        var pause: UInt32 = 0
    }

    /// A socket that may not be used before its time.
    ///
    /// All waits of a queue are equally long, so it is in order. One whose number differs from the slot's is void.
    private struct Pause {
        let index: Int
        let number: UInt32
        let since: MonotonicTime
    }

    /// The most sockets.
    let capacity: Int
    /// So many are opened before one is used again that has rested for less than `quarantine`.
    let spread: Int
    private let rest: Interval
    private let quarantine: Interval
    private var slots: [Slot] = []
    private var vacancies: [Int] = []
    private var resting: Deque<Pause> = []
    private var quarantined: Deque<Pause> = []
    /// Places whose dead sockets are still open: `retire` hands them out, unless they are in use again by then.
    private var closable: [Int] = []

    /// Takes last what rested longest, and does not care how long: the plain pool that most gateways have.
    ///
    /// Only to show what comes of it.
    let isPlainPool: Bool

    init(capacity: Int, spread: Int = 1, rest: Interval, quarantine: Interval, isPlainPool: Bool = false) {
        precondition(capacity > 0, "a pool needs a socket")
        self.isPlainPool = isPlainPool
        self.capacity = capacity
        self.spread = min(spread, capacity)
        self.rest = rest
        self.quarantine = quarantine
    }

    /// How many sockets are open.
    var count: Int { slots.count - vacancies.count }
    /// How many sockets are in quarantine.
    private(set) var quarantinedCount = 0
    /// How many sockets carry an exchange.
    private(set) var busyCount = 0

    /// Whether a socket carries an exchange now.
    func isBusy(_ index: Int) -> Bool { slots[index].state == .busy }

    /// Finds a socket for an exchange, which has it until `release`.
    ///
    /// - `isNew`: whether it must be one that has carried none.
    mutating func take(isNew: Bool = false, at now: MonotonicTime) -> Turn {
        if isPlainPool, let last = resting.popLast() { return .use(begin(last.index)) }
        endQuarantines(at: now)
        let rested = firstResting()
        if !isNew, let rested, rested.since + max(rest, quarantine) <= now { return useFirst() }
        if count < (isNew ? capacity : spread) { return .open(begin(vacancy())) }
        if let rested, rested.since + rest <= now { return isNew ? replaceFirst() : useFirst() }
        if count < capacity { return .open(begin(vacancy())) }
        return .wait
    }

    /// A socket that has rested for `rest`, for an exchange to which a new one cannot be given after all.
    mutating func takeRested(at now: MonotonicTime) -> Int? {
        endQuarantines(at: now)
        guard let first = firstResting(), first.since + rest <= now else { return nil }
        resting.removeFirst()
        return begin(first.index)
    }

    /// When the next socket will be rested, as far as that is known; an exchange that ends may be sooner.
    var nextRested: MonotonicTime? {
        let paused = resting.first { isCurrent($0) }.map { $0.since + rest }
        let freed = quarantined.first { isCurrent($0) }.map { $0.since + quarantine + rest }
        guard let paused else { return freed }
        return freed.map { min(paused, $0) } ?? paused
    }

    /// Ends the exchange on a socket.
    mutating func release(_ index: Int, _ outcome: Outcome, at now: MonotonicTime) {
        precondition(slots[index].state == .busy, "only a busy socket is released")
        busyCount -= 1
        switch isPlainPool ? .settled : outcome {
        case .settled: beginRest(index, since: now)
        case .unsettled: beginQuarantine(index, since: now)
        case .silent:
            slots[index].isDead = true
            beginQuarantine(index, since: now)
        }
    }

    /// A datagram came to a socket at rest or in quarantine: others may follow it, and its quarantine begins anew.
    ///
    /// Returns whether the socket was at rest.
    @discardableResult
    mutating func hear(_ index: Int, at now: MonotonicTime) -> Bool {
        let isResting = slots[index].state == .resting
        guard !isPlainPool, isResting || slots[index].state == .quarantined else { return false }
        if !isResting { quarantinedCount -= 1 }
        beginQuarantine(index, since: now)
        return isResting
    }

    /// Forgets a socket that could not be opened, or that has failed.
    mutating func discard(_ index: Int) {
        precondition(slots[index].state == .busy, "only a busy socket is discarded")
        busyCount -= 1
        vacate(index)
    }

    /// Takes out one socket for closing: one that is dead at the end of its quarantine, or one that no exchange has needed
    /// for `idle` after its rest; nil when there is none.
    mutating func retire(idle: Interval, at now: MonotonicTime) -> Int? {
        endQuarantines(at: now)
        while let dead = closable.popLast() {
            if slots[dead].isClosable {
                slots[dead].isClosable = false
                return dead
            }
        }
        guard let first = firstResting(), first.since + rest + idle <= now else { return nil }
        resting.removeFirst()
        vacate(first.index)
        return first.index
    }

    // MARK: - Moving between the queues

    /// Lets sockets out of quarantine: they rest before they are used, and the dead ones leave.
    private mutating func endQuarantines(at now: MonotonicTime) {
        while let first = quarantined.first {
            if isCurrent(first) {
                guard first.since + quarantine <= now else { return }
                quarantinedCount -= 1
                endQuarantine(of: first)
            }
            quarantined.removeFirst()
        }
    }

    private mutating func endQuarantine(of pause: Pause) {
        if slots[pause.index].isDead {
            vacate(pause.index)
            slots[pause.index].isClosable = true
            closable.append(pause.index)
        } else {
            // Counted from the quarantine's end, whenever that is noticed, or `nextRested` would promise too much; but
            // never before those who rest already, so that the queue stays in order.
            let since = max(pause.since + quarantine, resting.last?.since ?? pause.since)
            beginRest(pause.index, since: since)
        }
    }

    private func isCurrent(_ pause: Pause) -> Bool { slots[pause.index].pause == pause.number }

    private mutating func firstResting() -> Pause? {
        while let first = resting.first {
            if isCurrent(first) { return first }
            resting.removeFirst()
        }
        return nil
    }

    private mutating func useFirst() -> Turn { .use(begin(resting.removeFirst().index)) }

    private mutating func replaceFirst() -> Turn { .open(begin(resting.removeFirst().index)) }

    private mutating func beginRest(_ index: Int, since: MonotonicTime) {
        slots[index].state = .resting
        slots[index].pause &+= 1
        resting.append(Pause(index: index, number: slots[index].pause, since: since))
    }

    private mutating func beginQuarantine(_ index: Int, since: MonotonicTime) {
        slots[index].state = .quarantined
        slots[index].pause &+= 1
        quarantinedCount += 1
        quarantined.append(Pause(index: index, number: slots[index].pause, since: since))
    }

    private mutating func begin(_ index: Int) -> Int {
        slots[index].state = .busy
        slots[index].isDead = false
        slots[index].isClosable = false
        slots[index].pause &+= 1
        busyCount += 1
        return index
    }

    private mutating func vacate(_ index: Int) {
        slots[index].state = .vacant
        slots[index].isDead = false
        slots[index].pause &+= 1
        vacancies.append(index)
    }

    private mutating func vacancy() -> Int {
        if let index = vacancies.popLast() { return index }
        slots.append(Slot())
        return slots.count - 1
    }
}
