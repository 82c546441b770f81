internal import EventLoop
internal import System

/// An exchange without its reply: silence, reports of the network, a host without room.
extension Exchange {
    func alarm() {
        guard deadline.hasPassed(for: self, on: loop) else { return }
        switch state {
        case .spare: return
        case .queued:
            leaveQueue()
            resume(.fail(.blocked))
        case .blocked: retry()
        case .waiting: pause()
        case .fallenBack: resume(.fail(.silent))
        case .collecting: finishCollecting(with: collected)
        }
    }

    func retry() {
        if loop.now >= plan.deadline { return resume(plan.blocked(at: loop.now)) }
        if socket != nil { return resume(send(sendKind)) }
        if let action = takeSocket() { resume(action) }
    }

    /// Continues a queued exchange with its socket, or with the error of opening one.
    func proceed(with allocation: ExchangeSocketPool.Allocation) {
        guard let backend, let action = use(allocation, of: backend) else { return }
        resume(action)
    }

    /// Takes another socket of the same backend.
    private func takeSocket() -> ExchangePlan.Action? {
        guard let backend else { preconditionFailure("a socket is one of a backend's") }
        return use(backend.takeSocket(for: self, isNew: needsNewSocket), of: backend)
    }

    /// Leaves a socket that has heard a former exchange's reply or report before it sent anything.
    ///
    /// More may follow, so that the next try takes another socket.
    func leave(_ socket: ExchangeSocket) {
        backend?.sockets.giveBackHeard(socket, at: .now())
        self.socket = nil
        firstSentHere = .never
    }

    /// Handles the end of a pause without a reply.
    func pause() {
        let upstream = self.upstream
        let action = plan.paused(among: candidates, rotation: rotation, at: loop.now) {
            upstream.budget.withdraw()
        }
        if case .wait = action { return resume(action) }
        // Silence is no failure where any number of replies is an answer, and an impatient caller's end is no verdict.
        if collection?.policy.count != .all {
            let isVerdict = isProbe || action != .fail(.silent) || timeout >= upstream.longestTimeout
            let failure = isProbe ? Health.Failure.unansweredProbe : .silence
            backend?.recordSilence(isVerdict ? failure : nil, isTrial: isTrial, at: loop.now)
            // The next trial may be another exchange's, and this one's end does not end it.
            if isVerdict { isTrial = false }
        } else if action == .fail(.silent), timeout >= upstream.longestTimeout {
            // As without replies: no report came.
            backend?.recordDelivery(at: loop.now)
        }
        resume(action)
    }

    /// Handles an error on the socket, which may be the report of an earlier datagram.
    func receivedError(_ error: SystemError, through socket: ExchangeSocket) {
        guard let backend else { preconditionFailure("a socket is one of a backend's") }
        // Others may still reply: those that have not yet, or the other hosts of a group.
        if state == .collecting || collection != nil && backend.isForMany {
            socket.socket.dropReports()
            return
        }
        switch SendFailure(error.reason) {
        case .wait: return
        case .tooLong:
            socket.socket.dropReports()
            trace?.add(.tooLong, socket.localAddress, backend.address, bytes: payloadLength, origin: .network)
            resume(plan.pathShrank(at: loop.now))
        case .unreachable: resume(failed(error, through: socket, of: backend))
        }
    }

    /// Handles a failed system call or a report: the table of ``SendFailure`` has the consequence.
    func failed(
        _ error: SystemError, through socket: ExchangeSocket?, of backend: Backend
    ) -> ExchangePlan.Action {
        // A report in the queue came from the network; without one this host has refused.
        let report = socket?.socket.takeReport()
        socket?.socket.dropReports()
        switch SendFailure(error.reason, by: report) {
        case .wait: return blocked(by: error.reason, through: socket, of: backend)
        case .tooLong: return .fail(.tooLong)
        case .unreachable(let cause):
            let origin = report?.origin ?? .local
            unreachable = (cause, origin)
            backend.recordUnreachable(cause, isTrial: isTrial, at: loop.now)
            // As after silence: the next trial may be another exchange's.
            isTrial = false
            trace?.add(ExchangeTrace.Kind(cause), socket?.localAddress, backend.address, bytes: nil, origin: origin)
            return plan.failedToReach(
                backend.id, isReported: report != nil || error.operation == .receive, among: candidates,
                rotation: rotation, at: loop.now)
        }
    }

    func blocked(
        by reason: ErrorNumber, through socket: ExchangeSocket?, of backend: Backend
    ) -> ExchangePlan.Action {
        if blockedBy == nil { trace?.add(.blocked, socket?.localAddress, backend.address, bytes: nil, origin: .local) }
        blockedBy = reason
        backend.counts.blocked += 1
        return plan.blocked(at: loop.now)
    }

    func end(_ ending: ExchangePlan.Ending) -> GatewayError {
        let failure: GatewayError =
            switch ending {
            case .silent: .silent(after: timeout, attempts: plan.attempts, isHeldBack: plan.isHeldBack)
            case .unreachable: .unreachable(unreachable.cause, unreachable.origin)
            case .blocked: blockedBy.map { .blocked($0) } ?? .noSocket(limit: upstream.configuration.maxSockets)
            case .noBackend: .noBackend
            case .tooLong: .requestTooLong(limit: nil)
            }
        recordEnd()
        endAttempt(plan.outcomeWithoutReply)
        endFormer()
        // A probe has no request, and a fan-out records its own failure.
        if only == nil { upstream.record(failure) }
        close()
        return failure
    }

    /// Records the result of the exchange.
    func recordEnd() { upstream.last = record }

    /// The record of the exchange up to now.
    var record: ExchangeRecord {
        let elapsed = firstSent == .never ? nil : MonotonicTime.now().since(firstSent)
        return ExchangeRecord(backend: backend?.id ?? 0, attempts: plan.attempts, elapsed: elapsed)
    }

    /// The exchanges under way on a loop, by their handlers.
    ///
    /// Each of them has a deadline. A handler does not know its exchange, so that no request pays for that.
    static func underWay(on loop: EventLoop) -> [ObjectIdentifier: Exchange] {
        let exchanges = loop.deadlineHandlers.compactMap { $0 as? Exchange }
        let pairs = exchanges.compactMap { exchange in exchange.handler.map { (ObjectIdentifier($0), exchange) } }
        return Dictionary(pairs) { first, _ in first }
    }
}
