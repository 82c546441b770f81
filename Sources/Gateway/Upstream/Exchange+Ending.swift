internal import EventLoop
internal import System

/// The results of datagrams, and the end of an exchange.
extension Exchange {
    /// Handles a failed system call or a report: the table of ``SendFailure`` has the consequence.
    func failed(
        _ error: SystemError, through socket: ExchangeSocket?, of backend: Backend
    ) -> ExchangePlan.Action {
        // A report in the queue came from the network; without one this host has refused.
        let origin = socket?.socket.takeReport()?.origin ?? .local
        socket?.socket.dropReports()
        switch SendFailure(error.reason) {
        case .wait: return blocked(by: error.reason, through: socket, of: backend)
        case .tooLong: return .fail(.tooLong)
        case .unreachable(let cause):
            unreachable = (cause, origin)
            backend.recordUnreachable(cause, isTrial: isTrial, at: loop.now)
            trace?.add(ExchangeTrace.Kind(cause), socket?.port, backend.address, bytes: nil, origin: origin)
            return plan.failedToReach(
                backend.id, among: candidates, rotation: upstream.nextRotation(), at: loop.now)
        }
    }

    func blocked(
        by reason: ErrorNumber, through socket: ExchangeSocket?, of backend: Backend
    ) -> ExchangePlan.Action {
        if blockedBy == nil { trace?.add(.blocked, socket?.port, backend.address, bytes: nil, origin: .local) }
        blockedBy = reason
        backend.recordBlocked()
        return plan.blocked(at: loop.now)
    }

    /// Ends the exchange with a reply.
    @inline(__always)
    func took(_ length: Int, through socket: ExchangeSocket) {
        let (now, loopTime) = (MonotonicTime.now(), loop.now)
        let isWhole = length <= room.count
        let surplus = trace == nil ? 0 : takeSurplus(behind: length, isWhole, now)
        let (attempts, elapsed) = (plan.attempts, now.since(firstSent))
        if let backend = self.backend.take() {
            upstream.last.backend = backend.id
            if isWhole {
                backend.recordReply(after: elapsed, of: attempts == 1, length: length, at: loopTime)
            } else {
                backend.recordTruncated(at: loopTime)
            }
            self.socket = nil
            backend.giveBack(socket, surplus > 0 ? .unsettled : plan.outcomeOfReply, at: now)
            backend.end(at: loopTime, isTrial: isTrial)
        }
        guard let handler = self.handler.take() else { preconditionFailure("an exchange has a handler to the end") }
        close()
        guard isWhole else {
            upstream.last = ExchangeRecord(backend: upstream.last.backend, attempts: attempts, elapsed: elapsed)
            return handler.finished(.failure(.replyTooLong(limit: upstream.configuration.maxDatagram)))
        }
        handler.replied(
            Reply(buffer: replies, length: length, elapsed: elapsed, attempts: attempts, surplus: surplus))
    }

    /// Records the reply and the datagrams after it, which are dropped; returns the number of these.
    func takeSurplus(behind length: Int, _ isWhole: Bool, _ now: MonotonicTime) -> Int {
        guard let trace, let backend, let socket else { return 0 }
        let reply = replies.bytes[room].prefix(length)
        trace.add(
            isWhole ? .received : .truncated, socket.port, backend.address, bytes: length, at: now, reply: reply)
        let surplus = backend.sockets.takeSurplus(behind: socket, isSettled: plan.outcomeOfReply == .settled)
        for bytes in surplus { trace.add(.surplus, socket.port, backend.address, bytes: bytes) }
        return surplus.count
    }

    /// Ends the attempt at the current backend, if there is one.
    func endAttempt(_ outcome: SocketPool.Outcome, at time: @autoclosure () -> MonotonicTime = .now()) {
        guard let backend = self.backend.take() else { return }
        if let socket = self.socket.take() {
            // A socket that has collected replies may get more at any time.
            backend.giveBack(socket, collection == nil ? outcome : .silent, at: time())
        }
        backend.end(at: loop.now, isTrial: isTrial)
    }

    func end(_ ending: ExchangePlan.Ending) -> GatewayError {
        let failure: GatewayError =
            switch ending {
            case .silent: .silent(after: timeout, attempts: plan.attempts, isHeldBack: plan.isHeldBack)
            case .unreachable: .unreachable(unreachable.cause, unreachable.origin)
            case .blocked: blockedBy.map { .blocked($0) } ?? .noSocket(limit: upstream.configuration.maxSockets)
            case .noBackend: .noBackend
            case .tooLong: .requestTooLong(limit: upstream.configuration.maxDatagram)
            }
        recordEnd()
        endAttempt(plan.outcomeWithoutReply)
        upstream.record(failure)
        close()
        return failure
    }

    /// Records the result of the exchange.
    func recordEnd() {
        let elapsed = firstSent == .never ? nil : MonotonicTime.now().since(firstSent)
        upstream.last = ExchangeRecord(backend: backend?.id ?? 0, attempts: plan.attempts, elapsed: elapsed)
    }

    /// Returns to the list of spare exchanges.
    @inline(__always)
    func close() {
        deadline.clear()
        handler = nil
        if let trace {
            trace.end()
            self.trace = nil
        }
        state = .spare
        if payload.count > Self.keptRoom { payload = [] }
        let isProbe = only != nil && collection == nil
        collection.take()?.leave(self)
        upstream.recycle(self, isProbe: isProbe)
        if only != nil { only = nil }
    }
}
