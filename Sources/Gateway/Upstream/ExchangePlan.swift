internal import System
internal import EventLoop

/// What an ``ExchangePlan`` has to know of a backend to choose one.
protocol ExchangeCandidate {
    /// Tells the backend from all others there are and were.
    var id: Int { get }
    /// Exchanges under way with it.
    var inFlight: Int { get }
    /// When it replied last.
    var lastReply: MonotonicTime { get }
    /// Whether it is asked like the others: it is up, or it is time to try it.
    func isPreferred(at now: MonotonicTime) -> Bool
}

/// One exchange as a pure value: events go in, actions come out.
///
/// It decides which backend is asked, when the datagram is sent again, when to stop, and how the socket was left. It knows
/// neither sockets nor a clock. Backends may come and go meanwhile: the plan remembers those it tried by their identity.
struct ExchangePlan {
    /// What it is to send the datagram.
    enum Departure: String, Sendable {
        /// For the first time.
        case sent
        /// Once more, for no reply came.
        case retransmitted
        /// To another backend, for the one before could not be reached.
        case rerouted
        /// Once more at once, in smaller fragments: the path takes less than the kernel knew.
        case resized
    }

    /// What is to be done next.
    enum Action: Equatable {
        /// Take a socket of the backend at this place in the list, and send through it.
        case ask(Int, Departure)
        /// Send once more through the socket at hand.
        case sendAgain(Departure)
        /// Try to send once more at that time: this host has no room, no port, or no descriptor.
        case retry(at: MonotonicTime)
        /// Wait for a reply until that time.
        case wait(until: MonotonicTime)
        /// End without a reply.
        case fail(Ending)
    }

    /// Why an exchange ends without a reply.
    enum Ending: Equatable {
        /// No reply came by the deadline.
        case silent
        /// The last backend could not be reached, and no other is left.
        case unreachable
        /// The datagram could not leave this host by the deadline.
        case blocked
        /// No backend is known.
        case noBackend
        /// The datagram is longer than the protocol takes.
        case tooLong
    }

    /// A backend that was asked.
    private struct Try {
        let id: Int
        var isUnreachable = false
    }

    /// How often a path may shrink below what the kernel learned a moment before: each router on it may say so once.
    private static let mostResizes = 4
    /// The pauses between two tries of a host that has no room double from the first to the longest.
    private static let firstRetry = Interval.milliseconds(1)
    private static let longestRetry = Interval.milliseconds(50)

    /// The most datagrams that may reach a backend.
    private var maxAttempts = 1
    /// When the exchange must have ended.
    private(set) var deadline = MonotonicTime.never
    /// How many datagrams have left.
    private(set) var attempts = 0
    /// Whether the budget has kept one back.
    private(set) var isHeldBack = false
    /// How many of them surely reached no service.
    private var undelivered = 0
    /// How many have left for the present backend and may bring a reply.
    private var sentHere = 0
    /// How the exchange left the socket of the backend before.
    private(set) var outcomeOfFormer = SocketPool.Outcome.settled
    /// The first backend that was asked, and the others after it: most exchanges ask one.
    private var first: Try?
    private var others: [Try] = []
    private var resizes = 0
    private var retries = 0
    /// When the pause after the last datagram ends.
    private var pauseEnd = MonotonicTime.never

    /// A plan that has not begun.
    init() {}

    /// Begins a plan anew, for the next exchange.
    mutating func begin(maxAttempts: Int, deadline: MonotonicTime) {
        (self.maxAttempts, self.deadline) = (maxAttempts, deadline)
        (attempts, undelivered, sentHere) = (0, 0, 0)
        (resizes, retries) = (0, 0)
        isHeldBack = false
        outcomeOfFormer = .settled
        first = nil
        if !others.isEmpty { others = [] }
    }

    /// Whether the next pause is the last one: it lasts until the deadline.
    var isLastAttempt: Bool { attempts - undelivered >= maxAttempts }

    /// How the present socket is left when its exchange ends with a reply.
    var outcomeOfReply: SocketPool.Outcome { sentHere == 1 ? .settled : .unsettled }

    /// How it is left without one: a single datagram that came back as a report brings no reply any more.
    var outcomeWithoutReply: SocketPool.Outcome { sentHere == 0 ? .settled : .silent }

    // MARK: - Events

    /// Chooses the first backend.
    ///
    /// - `rotation`: where the search begins, so that equals take turns.
    @inline(__always)
    mutating func choose(
        among backends: [some ExchangeCandidate], rotation: Int, at now: MonotonicTime
    ) -> Action {
        guard let index = best(of: backends, rotation, at: now) else { return .fail(.noBackend) }
        return ask(index, of: backends, as: .sent)
    }

    /// Asks the backend with this identity, which is the only one.
    @inline(__always)
    mutating func ask(_ id: Int) -> Action { ask(0, id, as: .sent) }

    /// A datagram has left; `pause` is how long to wait before it is sent again.
    mutating func sent(at now: MonotonicTime, pause: @autoclosure () -> Interval) -> Action {
        attempts += 1
        sentHere += 1
        retries = 0
        pauseEnd = isLastAttempt ? deadline : min(deadline, now + pause())
        return .wait(until: pauseEnd)
    }

    /// The pause is over, or the deadline has passed, and no reply has come.
    ///
    /// The same socket again, so that a late answer to the first datagram still answers; another backend if there is one,
    /// for this one may be gone.
    ///
    /// - `mayRetransmit`: whether the budget has a datagram left. It is for datagrams, not for patience: without it the
    ///   plan waits on, for the reply to the last one may only be slow.
    mutating func paused(
        among backends: [some ExchangeCandidate], rotation: Int, at now: MonotonicTime, mayRetransmit: () -> Bool
    ) -> Action {
        guard now < deadline else { return .fail(attempts == undelivered ? .blocked : .silent) }
        if !isLastAttempt, !isHeldBack { isHeldBack = !mayRetransmit() }
        guard !isLastAttempt, !isHeldBack else {
            pauseEnd = deadline
            return .wait(until: deadline)
        }
        if let index = best(of: backends, rotation, at: now), penalty(of: backends[index].id) == 0,
            backends[index].isPreferred(at: now)
        {
            return ask(index, of: backends, as: .retransmitted)
        }
        return .sendAgain(.retransmitted)
    }

    /// The network or this host reported that the backend cannot be reached: the datagrams sent there reached no service, and
    /// may be sent elsewhere whatever the number of attempts says.
    ///
    /// Where all have been asked, one that kept silent may only be slow: that another refuses is no answer of its.
    ///
    /// - `id`: the backend that was asked.
    mutating func failedToReach(
        _ id: Int, among backends: [some ExchangeCandidate], rotation: Int, at now: MonotonicTime
    ) -> Action {
        undelivered += min(1, sentHere)
        sentHere = max(0, sentHere - 1)
        noteUnreachable(id)
        guard now < deadline, let index = best(of: backends, rotation, at: now) else { return .fail(.unreachable) }
        switch penalty(of: backends[index].id) {
        case 0: return ask(index, of: backends, as: .rerouted)
        case 1 where !isLastAttempt: return ask(index, of: backends, as: .rerouted)
        default: return .fail(.unreachable)
        }
    }

    /// A router reported that the path takes less than the kernel knew: that datagram reached no service, and the kernel
    /// takes the next one to pieces (ip(7), IP_MTU_DISCOVER).
    mutating func pathShrank(at now: MonotonicTime) -> Action {
        guard resizes < Self.mostResizes, sentHere > 0, now < deadline else { return .wait(until: pauseEnd) }
        resizes += 1
        undelivered += 1
        sentHere -= 1
        return .sendAgain(.resized)
    }

    /// This host has no room for the datagram, no port or no descriptor for the socket: that passes.
    mutating func blocked(at now: MonotonicTime) -> Action {
        guard now < deadline else { return .fail(.blocked) }
        let pause = Interval(nanoseconds: Self.firstRetry.nanoseconds << UInt64(min(retries, 10)))
        retries += 1
        return .retry(at: min(deadline, now + min(pause, Self.longestRetry)))
    }

    // MARK: - Choosing

    private mutating func ask(_ index: Int, of backends: [some ExchangeCandidate], as departure: Departure) -> Action {
        ask(index, backends[index].id, as: departure)
    }

    @inline(__always)
    private mutating func ask(_ index: Int, _ id: Int, as departure: Departure) -> Action {
        outcomeOfFormer = outcomeWithoutReply
        sentHere = 0
        note(id)
        return .ask(index, departure)
    }

    /// The backend to ask: one that was not asked yet before one that was, and one that could not be reached last; of
    /// these one that is preferred; of the preferred the one with the fewest exchanges under way, of the others the one that
    /// replied last, for a backend that is silent to some requests still answers others.
    @inline(__always)
    private func best(of backends: [some ExchangeCandidate], _ rotation: Int, at now: MonotonicTime) -> Int? {
        backends.count == 1 ? 0 : search(backends, rotation, at: now)
    }

    private func search(_ backends: [some ExchangeCandidate], _ rotation: Int, at now: MonotonicTime) -> Int? {
        var best: Int?
        for offset in backends.indices {
            let index = (rotation &+ offset) % backends.count
            if best.map({ isBetter(backends[index], than: backends[$0], at: now) }) ?? true { best = index }
        }
        return best
    }

    private func isBetter(
        _ candidate: some ExchangeCandidate, than leader: some ExchangeCandidate, at now: MonotonicTime
    ) -> Bool {
        let penalties = (penalty(of: candidate.id), penalty(of: leader.id))
        if penalties.0 != penalties.1 { return penalties.0 < penalties.1 }
        let preferences = (candidate.isPreferred(at: now), leader.isPreferred(at: now))
        if preferences.0 != preferences.1 { return preferences.0 }
        if !preferences.0, candidate.lastReply != leader.lastReply { return candidate.lastReply > leader.lastReply }
        return candidate.inFlight < leader.inFlight
    }

    /// What speaks against a backend: 0 for nothing, 1 if it was asked before, 2 if it could not be reached.
    private func penalty(of id: Int) -> Int {
        if let first, first.id == id { return first.isUnreachable ? 2 : 1 }
        return others.first { $0.id == id }.map { $0.isUnreachable ? 2 : 1 } ?? 0
    }

    private mutating func note(_ id: Int) {
        guard penalty(of: id) == 0 else { return }
        if first == nil { first = Try(id: id) } else { others.append(Try(id: id)) }
    }

    private mutating func noteUnreachable(_ id: Int) {
        if first?.id == id { first?.isUnreachable = true }
        for index in others.indices where others[index].id == id { others[index].isUnreachable = true }
    }
}
