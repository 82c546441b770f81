internal import EventLoop
internal import System

/// An attempt that got no reply in its pause, and still may: the next one went to another backend.
struct FormerAttempt {
    let backend: Backend
    let socket: ExchangeSocket
    let isTrial: Bool
    /// The time of its first datagram, and the number of all.
    let firstSent: MonotonicTime
    let sent: Int
}

/// The attempts before the current one.
///
/// A service that is slower than the pause would otherwise never answer where it has several addresses: each reply would
/// come to a socket that the exchange has left.
extension Exchange {
    /// Leaves the current attempt, if there is one; a silent one may still get its reply.
    func leaveAttempt() {
        guard plan.outcomeOfFormer == .silent, let socket, let backend else { return endAttempt(plan.outcomeOfFormer) }
        former.append(
            FormerAttempt(
                backend: backend, socket: socket, isTrial: isTrial, firstSent: firstSentHere, sent: plan.sentOfFormer))
        (self.backend, self.socket) = (nil, nil)
    }

    /// Ends the attempt at the current backend, if there is one.
    func endAttempt(_ outcome: SocketPool.Outcome) {
        guard let backend = self.backend.take() else { return }
        if let socket = self.socket.take() {
            if collection == nil, outcome == .silent { socket.firstSent = firstSentHere }
            // A socket that has collected replies may get more at any time.
            backend.giveBack(socket, collection == nil ? outcome : .silent, at: .now())
        }
        backend.end(at: loop.now, isTrial: isTrial)
    }

    /// Ends the attempts before the one that has the reply.
    ///
    /// - `elapsed`: the time since the first datagram; nil for a reply that says nothing about it.
    @inline(never)
    func endRepeated(_ backend: Backend, _ elapsed: Interval?) {
        if let elapsed { noteRepeated(elapsed, backend) }
        endFormer()
    }

    /// Takes note of a reply to one of several datagrams; only the first backend had the whole time for it.
    func noteRepeated(_ elapsed: Interval, _ backend: Backend) {
        if plan.isFirst(backend.id) { backend.noteRepeated(elapsed) }
    }

    /// The loop reports an event of the socket of a former attempt.
    func receiveLate(through socket: ExchangeSocket) {
        guard let attempt = former.first(where: { $0.socket === socket }) else {
            preconditionFailure("a socket of the exchange is one of an attempt's")
        }
        do {
            if socket.isFresh { attempt.backend.counts.foreign += try socket.dropStrangers() }
            if let collection { return try collect(into: collection, through: socket, of: attempt.backend) }
            guard let length = try socket.socket.receive(into: &replies.bytes, room) else { return }
            takeOver(socket)
            took(length, through: socket)
        } catch {
            failedLate(error, attempt)
        }
    }

    /// Makes the former attempt on this socket the current one, for its reply has come.
    func takeOver(_ socket: ExchangeSocket) {
        guard let index = former.firstIndex(where: { $0.socket === socket }) else { return }
        let attempt = former.remove(at: index)
        leaveQueue()
        if plan.expectsReply, let current = self.socket, let backend {
            former.append(
                FormerAttempt(
                    backend: backend, socket: current, isTrial: isTrial, firstSent: firstSentHere, sent: plan.sentHere))
        } else {
            endAttempt(plan.outcomeWithoutReply)
        }
        (backend, self.socket, isTrial) = (attempt.backend, socket, attempt.isTrial)
        firstSentHere = attempt.firstSent
        plan.resume(sent: attempt.sent)
        state = .waiting
    }

    /// Goes back to the latest former attempt where the current one has failed: its datagram has left, and the failure
    /// of another one is not its answer.
    @inline(never)
    func fallsBack(from ending: ExchangePlan.Ending) -> Bool {
        guard ending != .silent, let attempt = former.last else { return false }
        takeOver(attempt.socket)
        state = .fallenBack
        deadline.set(plan.deadline, for: self, on: loop)
        return true
    }

    /// Handles the report that a former attempt's datagram did not arrive, which changes nothing for the current one.
    private func failedLate(_ error: SystemError, _ attempt: FormerAttempt) {
        let report = attempt.socket.socket.takeReport()
        attempt.socket.socket.dropReports()
        guard case .unreachable(let cause) = SendFailure(error.reason, by: report) else { return }
        let origin = report?.origin ?? .local
        attempt.backend.recordUnreachable(cause, isTrial: attempt.isTrial, at: loop.now)
        plan.formerFailedToReach(attempt.backend.id)
        trace?.add(
            ExchangeTrace.Kind(cause), attempt.socket.localAddress, attempt.backend.address, bytes: nil, origin: origin)
        former.removeAll { $0.socket === attempt.socket }
        end(attempt)
    }

    /// Ends all former attempts with the exchange.
    func endFormer() {
        for attempt in former { end(attempt) }
        former = []
    }

    private func end(_ attempt: FormerAttempt) {
        attempt.socket.firstSent = attempt.firstSent
        attempt.backend.giveBack(attempt.socket, .silent, at: .now())
        attempt.backend.end(at: loop.now, isTrial: attempt.isTrial)
    }
}
