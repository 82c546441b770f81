internal import System

/// The properties of a backend that the choice depends on.
protocol ExchangeCandidate {
    /// An identity that no other backend has or had.
    var id: Int { get }
    /// Exchanges under way with it.
    var inFlight: Int { get }
    /// The time of its last reply.
    var lastReply: MonotonicTime { get }
    /// Whether it gets requests like the others: it is up, or a trial is due.
    func isPreferred(at now: MonotonicTime) -> Bool
}

/// One exchange as a pure value: events go in, actions come out.
///
/// It decides about the backend, the repetition of the datagram, the end, and the state of the socket afterwards. It
/// has neither sockets nor a clock. Backends may come and go meanwhile: the plan remembers its tries by their identity.
struct ExchangePlan {
    /// The kinds of sending a datagram.
    enum SendKind: String, Sendable {
        /// The first send.
        case sent
        /// Another send, for no reply came.
        case retransmitted
        /// A send to another backend, for the one before was unreachable.
        case rerouted
        /// Another send at once, in smaller fragments: the path takes less than the kernel knew.
        case resized
    }

    /// The next step of an exchange.
    enum Action: Equatable {
        /// Take a socket of the backend at this place in the list, and send through it.
        case attempt(Int, SendKind)
        /// Send once more through the current socket.
        case sendAgain(SendKind)
        /// Try to send once more at that time: this host has no room, no port, or no descriptor.
        case retry(at: MonotonicTime)
        /// Wait for a reply until that time.
        case wait(until: MonotonicTime)
        /// End without a reply.
        case fail(Ending)
    }

    /// The reason why an exchange ends without a reply.
    enum Ending: Equatable {
        /// No reply came by the deadline.
        case silent
        /// The last backend is unreachable, and no other is left.
        case unreachable
        /// The datagram could not leave this host by the deadline.
        case blocked
        /// No backend is known.
        case noBackend
        /// The datagram is longer than the protocol allows.
        case tooLong
    }

    /// A backend that the plan has tried.
    private struct Try {
        let id: Int
        var isUnreachable = false
    }

    /// The most times that a path may shrink during a send: each router on it may report once.
    private static let mostResizes = 4
    /// The first and the longest pause between two tries of a host without room; each is twice as long as the one
    /// before.
    private static let firstRetry = Interval.milliseconds(1)
    private static let longestRetry = Interval.milliseconds(50)

    /// The most datagrams that may reach a backend.
    private var maxAttempts = 1
    /// The end of the exchange at the latest.
    private(set) var deadline = MonotonicTime.never
    /// The number of datagrams sent.
    private(set) var attempts = 0
    /// Whether the budget has prevented a datagram.
    private(set) var isHeldBack = false
    /// The number of datagrams that surely reached no service.
    private var undelivered = 0
    /// The number of datagrams to the current backend that may bring a reply.
    private(set) var sentHere = 0
    /// The datagrams of the former attempt that may bring a reply.
    private(set) var sentOfFormer = 0
    /// The first backend tried, and the later ones: most exchanges try one.
    private var first: Try?
    private var others: [Try] = []
    private var resizes = 0
    private var retries = 0
    /// The end of the pause after the last datagram.
    private var pauseEnd = MonotonicTime.never

    /// A plan that has not begun.
    init() {}

    /// Begins the plan of the next exchange.
    mutating func begin(maxAttempts: Int, deadline: MonotonicTime) {
        (self.maxAttempts, self.deadline) = (maxAttempts, deadline)
        (attempts, undelivered, sentHere) = (0, 0, 0)
        (resizes, retries) = (0, 0)
        isHeldBack = false
        sentOfFormer = 0
        first = nil
        if !others.isEmpty { others = [] }
    }

    /// The number of datagrams that may have reached a service.
    var delivered: Int { attempts - undelivered }

    /// Whether a datagram is under way to the current backend, so that a datagram from there may be its reply.
    var expectsReply: Bool { sentHere > 0 }

    /// Whether the next pause is the last one, which lasts until the deadline.
    var isLastAttempt: Bool { delivered >= maxAttempts }

    /// The state of the current socket after a reply.
    var outcomeOfReply: SocketPool.Outcome { sentHere == 1 ? .settled : .unsettled }

    /// The state of the current socket without a reply: a single datagram that came back as a report brings no reply
    /// any more.
    var outcomeWithoutReply: SocketPool.Outcome { sentHere == 0 ? .settled : .silent }

    /// The same of the former backend's socket.
    var outcomeOfFormer: SocketPool.Outcome { sentOfFormer == 0 ? .settled : .silent }

    // MARK: - Events

    /// Chooses the first backend.
    ///
    /// - `rotation`: the start of the search, so that equals alternate.
    @inline(__always)
    mutating func choose(
        among backends: [some ExchangeCandidate], rotation: Int, at now: MonotonicTime
    ) -> Action {
        guard let index = best(of: backends, rotation, at: now) else { return .fail(.noBackend) }
        return attempt(index, backends[index].id, as: .sent)
    }

    /// Chooses the backend with this identity, which is the only one.
    @inline(__always)
    mutating func attempt(_ id: Int) -> Action { attempt(0, id, as: .sent) }

    /// Records a datagram that has left; `pause` is the wait before it is sent again.
    mutating func sent(at now: MonotonicTime, pause: @autoclosure () -> Interval) -> Action {
        attempts += 1
        sentHere += 1
        retries = 0
        pauseEnd = isLastAttempt ? deadline : min(deadline, now + pause())
        return .wait(until: pauseEnd)
    }

    /// Handles the end of a pause, or the deadline, without a reply.
    ///
    /// The next datagram leaves through the same socket, so that a late reply to the first one still counts; another
    /// backend gets it if there is one, for this one may be gone.
    ///
    /// - `mayRetransmit`: whether the budget has a datagram left. It limits datagrams and not time: without it the plan
    ///   waits on, for the reply to the last one may only be slow.
    mutating func paused(
        among backends: [some ExchangeCandidate], rotation: Int, at now: MonotonicTime, mayRetransmit: () -> Bool
    ) -> Action {
        guard now < deadline else { return .fail(endingInTime) }
        if !isLastAttempt, !isHeldBack { isHeldBack = !mayRetransmit() }
        guard !isLastAttempt, !isHeldBack else {
            pauseEnd = deadline
            return .wait(until: deadline)
        }
        if let index = best(of: backends, rotation, at: now), penalty(of: backends[index].id) == 0,
            backends[index].isPreferred(at: now)
        {
            return attempt(index, backends[index].id, as: .retransmitted)
        }
        return .sendAgain(.retransmitted)
    }

    /// Handles a datagram that could not reach the backend: it may go elsewhere whatever the number of attempts.
    ///
    /// Where all have been tried, a silent one may only be slow: the refusal of another is not its answer.
    ///
    /// - `id`: the backend of the attempt.
    /// - `isReported`: whether a report came back about a datagram that had left; otherwise this host has not sent this
    ///   one, and those before it may still be answered.
    mutating func failedToReach(
        _ id: Int, isReported: Bool, among backends: [some ExchangeCandidate], rotation: Int, at now: MonotonicTime
    ) -> Action {
        if isReported, sentHere > 0 {
            undelivered += 1
            sentHere -= 1
        }
        noteUnreachable(id)
        let mayBeAnswered = !isReported && sentHere > 0
        guard now < deadline else { return .fail(mayBeAnswered ? .silent : .unreachable) }
        if let index = best(of: backends, rotation, at: now) {
            let penalty = penalty(of: backends[index].id)
            if penalty == 0 || penalty == 1 && !isLastAttempt {
                return attempt(index, backends[index].id, as: .rerouted)
            }
        }
        guard mayBeAnswered else { return .fail(.unreachable) }
        pauseEnd = deadline
        return .wait(until: deadline)
    }

    /// Returns to a former attempt, whose reply has come.
    ///
    /// - `sent`: its datagrams.
    mutating func resume(sent: Int) { sentHere = sent }

    /// Handles a report that the backend of a former attempt is unreachable.
    mutating func formerFailedToReach(_ id: Int) {
        undelivered += 1
        noteUnreachable(id)
    }

    /// Whether a backend was the first one tried.
    func isFirst(_ id: Int) -> Bool { first?.id == id }

    /// Handles a router's report that the path takes less than the kernel knew: that datagram reached no service, and
    /// the kernel fragments the next one (ip(7), IP_MTU_DISCOVER).
    mutating func pathShrank(at now: MonotonicTime) -> Action {
        guard sentHere > 0 else { return blocked(at: now) }
        guard resizes < Self.mostResizes, now < deadline else { return .wait(until: pauseEnd) }
        resizes += 1
        undelivered += 1
        sentHere -= 1
        return .sendAgain(.resized)
    }

    /// Handles a lack of room for the datagram, or of a port or descriptor for the socket, on this host.
    mutating func blocked(at now: MonotonicTime) -> Action {
        guard now < deadline else { return .fail(endingInTime) }
        let pause = Interval(nanoseconds: Self.firstRetry.nanoseconds << UInt64(min(retries, 10)))
        retries += 1
        return .retry(at: min(deadline, now + min(pause, Self.longestRetry)))
    }

    /// The ending at the deadline: a datagram that has left may have been answered.
    private var endingInTime: Ending { delivered > 0 ? .silent : .blocked }

    // MARK: - Choosing

    @inline(__always)
    private mutating func attempt(_ index: Int, _ id: Int, as sendKind: SendKind) -> Action {
        sentOfFormer = sentHere
        sentHere = 0
        note(id)
        return .attempt(index, sendKind)
    }

    /// The backend to try: an untried one before a tried one, and an unreachable one last; of these a preferred one; of
    /// the preferred the one with the fewest exchanges under way, of the others the one with the latest reply, for a
    /// backend that is silent to some requests still answers others.
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

    /// The penalty of a backend: 0 for none, 1 if it was tried before, 2 if it was unreachable.
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
