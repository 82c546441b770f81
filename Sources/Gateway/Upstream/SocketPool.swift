internal import System
internal import DequeModule

/// Chooses the socket of the next exchange: a plain state machine, without sockets and without a clock.
///
/// The payload of a datagram means nothing to a gateway, so that only the socket, by its port, ties a reply to its
/// request. These rules keep a late or doubled reply from the next request:
///
/// - A port rests as long as there are others: the pool opens a new socket rather than use one again that has rested
///   for less than `quarantine`, until there are `spread` sockets and the gateway has enough of them; beyond that the one
///   that has rested longest is next, once it has rested for `rest`.
/// - Where the backend's second replies come later than half of that, sockets rest for twice as long as the latest of
///   them took, up to `quarantine`.
/// - After an exchange that may still bring a reply, because several datagrams were sent or a second reply came, a
///   socket is in quarantine first: open, so that the kernel gives its port to no other socket, and drained, but not
///   used.
/// - Where no other socket is left, one that is in quarantine for a second reply alone is used after `rest` without a
///   datagram; such replies lengthen the rest. A network that doubles datagrams must not use up all sockets.
/// - After an exchange without a reply the socket is closed at the end of its quarantine: its port may be a dead entry
///   of a NAT, of a balancer, or of a route that has moved.
struct SocketPool {
    /// The state of a socket after an exchange.
    enum Outcome {
        /// One datagram left and its one reply came, or no datagram left.
        case settled
        /// A reply may still be under way.
        case unsettled
        /// No reply came.
        case silent
    }

    /// The pool's answer to a request for a socket.
    enum Choice: Equatable {
        /// Use this socket.
        case use(Int)
        /// Open a socket under this number, in place of the closed or dead one there, and use it.
        case open(Int)
        /// No socket may be used yet: ask again at `nextRested` or after a release.
        case wait
    }

    private enum State: Equatable {
        case vacant, busy, resting, quarantined
    }

    /// A socket's place: its state, and the number of its valid pause.
    private struct Slot {
        var state = State.vacant
        /// Whether the socket is to be closed at the end of its quarantine, and whether that has come and it is still
        /// open.
        var isDead = false
        var isClosable = false
        var pause: UInt32 = 0
        /// The time of the last datagram during its quarantine, which lasts accordingly longer.
        var heard = MonotonicTime(nanoseconds: 0)
        /// The end of its last exchange, if that sent one datagram and got its reply: a later datagram is a second
        /// reply.
        var settled = MonotonicTime.never
    }

    /// A socket that may not be used before its time.
    ///
    /// All pauses of a queue are equally long, so that it is in order. A pause whose number differs from the slot's is
    /// void. A datagram during a quarantine adds none, or a service could fill the memory: once the pause is over, it is
    /// replaced by the one since that datagram.
    private struct Pause {
        let index: Int
        let number: UInt32
        let since: MonotonicTime
    }

    /// The most sockets.
    let capacity: Int
    /// The number of sockets that are opened before one is used again that has rested for less than `quarantine`, also
    /// where the gateway has enough of them.
    var spread: Int
    private var restTime: RestTime
    private let quarantine: Interval
    private var slots: [Slot] = []
    private var vacancies: [Int] = []
    private var resting: Deque<Pause> = []
    private var quarantined: Deque<Pause> = []
    /// The sockets in quarantine for a second reply.
    private var doubled: Deque<Pause> = []
    /// Places whose dead sockets are still open: `retire` returns them, unless they are in use again by then.
    private var closable: [Int] = []

    init(capacity: Int, spread: Int = 1, rest: Interval, quarantine: Interval) {
        precondition(capacity > 0, "a pool needs a socket")
        self.capacity = capacity
        self.spread = min(spread, capacity)
        restTime = RestTime(least: rest, most: quarantine)
        self.quarantine = quarantine
    }

    /// The current rest.
    var rest: Interval { restTime.current }
    /// The rest after which any port may be used again.
    private var longRest: Interval { max(rest, quarantine) }
    var count: Int { slots.count - vacancies.count }
    var quarantinedCount: Int { slots.count { $0.state == .quarantined } }

    func isBusy(_ index: Int) -> Bool { slots[index].state == .busy }

    /// Finds a socket for an exchange, which has it until `release`.
    ///
    /// - `isNew`: whether the socket must have carried no exchange.
    /// - `mayWiden`: whether the gateway has fewer sockets than it may open before one is used again early.
    @inline(__always)
    mutating func take(
        isNew: Bool = false, mayWiden: @autoclosure () -> Bool = false, at now: MonotonicTime
    ) -> Choice {
        endQuarantines(at: now)
        let rested = firstResting()
        if !isNew, let rested, rested.since + longRest <= now { return .use(beginFirst()) }
        if count < (isNew || mayWiden() ? capacity : spread) { return .open(begin(vacancy())) }
        if let rested, rested.since + rest <= now { return isNew ? .open(beginFirst()) : .use(beginFirst()) }
        if count < capacity { return .open(begin(vacancy())) }
        guard let index = takeDoubled(at: now) else { return .wait }
        return isNew ? .open(index) : .use(index)
    }

    /// A socket that has rested for `rest`, for an exchange that cannot get a new one.
    mutating func takeRested(at now: MonotonicTime) -> Int? {
        endQuarantines(at: now)
        guard let first = firstResting(), first.since + rest <= now else { return takeDoubled(at: now) }
        return beginFirst()
    }

    /// A socket to which a second reply has come, and nothing for `rest` since then.
    private mutating func takeDoubled(at now: MonotonicTime) -> Int? {
        while let first = doubled.first {
            guard !isCurrent(first) || first.since + rest <= now else { return nil }
            doubled.removeFirst()
            if isCurrent(first), !renew(first) { return begin(first.index) }
        }
        return nil
    }

    /// The end of the next known rest; an exchange that ends may be sooner.
    var nextRested: MonotonicTime? {
        let times = [
            resting.first { isCurrent($0) }.map { $0.since + rest },
            doubled.first { isCurrent($0) }.map { $0.since + rest },
            quarantined.first { isCurrent($0) }.map { $0.since + longRest },
        ]
        return times.compactMap(\.self).min()
    }

    /// Ends the exchange on a socket.
    @inline(__always)
    mutating func release(_ index: Int, _ outcome: Outcome, at now: MonotonicTime) {
        precondition(slots[index].state == .busy, "only a busy socket is released")
        slots[index].settled = outcome == .settled ? now : .never
        switch outcome {
        case .settled: beginRest(index, since: now)
        case .unsettled: beginQuarantine(index, since: now)
        case .silent:
            slots[index].isDead = true
            beginQuarantine(index, since: now)
        }
    }

    /// Records a datagram to a socket at rest or in quarantine: others may follow it, and its quarantine begins anew.
    ///
    /// - `earliest`: a time before its arrival: a process that was held up takes an early datagram late.
    ///
    /// Returns whether the socket was at rest.
    @discardableResult
    mutating func recordDatagram(_ index: Int, earliest: MonotonicTime, at now: MonotonicTime) -> Bool {
        let isResting = slots[index].state == .resting
        guard isResting || slots[index].state == .quarantined else { return false }
        if slots[index].settled < earliest { restTime.lengthen(after: earliest.since(slots[index].settled), at: now) }
        if isResting { beginQuarantine(index, since: now) } else { slots[index].heard = now }
        return isResting
    }

    /// Removes a socket that could not be opened, or that has failed.
    mutating func discard(_ index: Int) {
        precondition(slots[index].state == .busy, "only a busy socket is discarded")
        vacate(index)
    }

    /// Returns one socket for closing: a dead one at the end of its quarantine, or one that no exchange has needed for
    /// `idle` after its rest; nil when there is none.
    mutating func retire(idle: Interval, at now: MonotonicTime) -> Int? {
        endQuarantines(at: now)
        restTime.shorten(at: now)
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

    /// Ends quarantines: the sockets have rested by then, and the dead ones become closable.
    @inline(__always)
    private mutating func endQuarantines(at now: MonotonicTime) {
        while let first = quarantined.first, isOver(first, at: now) {
            quarantined.removeFirst()
            endQuarantine(of: first)
        }
        while let first = doubled.first, isOver(first, at: now) {
            doubled.removeFirst()
            endQuarantine(of: first)
        }
    }

    private func isOver(_ quarantine: Pause, at now: MonotonicTime) -> Bool {
        !isCurrent(quarantine) || quarantine.since + longRest <= now
    }

    private mutating func endQuarantine(of pause: Pause) {
        guard isCurrent(pause), !renew(pause) else { return }
        if slots[pause.index].isDead {
            vacate(pause.index)
            slots[pause.index].isClosable = true
            closable.append(pause.index)
        } else {
            // Before those that rest already, so that the queue stays in order.
            beginRest(pause.index, since: min(pause.since, firstResting()?.since ?? pause.since), isFirst: true)
        }
    }

    /// Replaces a pause, which is over, by the one since the last datagram; false where none has come meanwhile.
    private mutating func renew(_ pause: Pause) -> Bool {
        let heard = slots[pause.index].heard
        guard heard > pause.since else { return false }
        enqueue(Pause(index: pause.index, number: pause.number, since: heard))
        return true
    }

    /// Puts a quarantine into its queue, which stays in order.
    private mutating func enqueue(_ pause: Pause) {
        func insert(into queue: inout Deque<Pause>) {
            let last = queue.lastIndex { $0.since <= pause.since }
            queue.insert(pause, at: last.map { $0 + 1 } ?? 0)
        }
        if slots[pause.index].settled == .never { insert(into: &quarantined) } else { insert(into: &doubled) }
    }

    private func isCurrent(_ pause: Pause) -> Bool { slots[pause.index].pause == pause.number }

    private mutating func firstResting() -> Pause? {
        while let first = resting.first {
            if isCurrent(first) { return first }
            resting.removeFirst()
        }
        return nil
    }

    private mutating func beginFirst() -> Int { begin(resting.removeFirst().index) }

    private mutating func beginRest(_ index: Int, since: MonotonicTime, isFirst: Bool = false) {
        slots[index].state = .resting
        slots[index].pause &+= 1
        let pause = Pause(index: index, number: slots[index].pause, since: since)
        if isFirst { resting.prepend(pause) } else { resting.append(pause) }
    }

    private mutating func beginQuarantine(_ index: Int, since: MonotonicTime) {
        slots[index].state = .quarantined
        slots[index].pause &+= 1
        enqueue(Pause(index: index, number: slots[index].pause, since: since))
    }

    @inline(__always)
    private mutating func begin(_ index: Int) -> Int {
        slots[index].state = .busy
        slots[index].isDead = false
        slots[index].isClosable = false
        slots[index].pause &+= 1
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
