internal import EventLoop
internal import System

/// Several replies to a datagram, or one from another address than the one that was asked.
extension Exchange {
    /// The most datagrams in a row; then other handlers are called.
    private static let mostAtOnce = 64

    /// Takes the datagrams of a socket that may hear others than its peer.
    func collect(
        into collection: ReplyCollection, through socket: ExchangeSocket, of backend: Backend
    ) throws(SystemError) {
        for _ in 0..<Self.mostAtOnce {
            guard let (length, sender) = try socket.socket.receiveFrom(into: &replies.bytes, room) else {
                return
            }
            guard accepts(sender, from: backend) else {
                backend.counts.foreign += 1
                continue
            }
            if takeOne(length, from: sender, into: collection, backend, socket) { return }
        }
    }

    /// Whether a datagram of this sender is a reply.
    private func accepts(_ sender: SocketAddress, from backend: Backend) -> Bool {
        switch upstream.policy.source {
        case .peer: sender == backend.address
        case .host: sender.isSameHost(as: backend.address)
        case .any: true
        }
    }

    /// Takes one reply; returns whether it was the last one.
    private func takeOne(
        _ length: Int, from sender: SocketAddress, into collection: ReplyCollection, _ backend: Backend,
        _ socket: ExchangeSocket
    ) -> Bool {
        takeOver(socket)
        let now = MonotonicTime.now()
        let isWhole = length <= room.count
        let elapsed = now.since(firstSent)
        record(length, isWhole, after: elapsed, isFirst: collection.count == 0)
        addStep(isWhole ? .received : .truncated, from: sender, through: socket, bytes: length, at: now)
        if upstream.policy.isSingle {
            finishCollecting(with: isWhole ? .success(length) : .failure(.replyTooLong(limit: maxDatagram)))
            return true
        }
        let reply = replies.bytes[room].prefix(length)
        if !isWhole {
            collection.drop()
        } else if !collection.add(reply, from: sender, after: now.since(collection.firstSent)) {
            backend.counts.dropped += 1
        }
        // The listener may have found that the caller is gone.
        guard isUnderWay(for: collection) else { return true }
        if collection.isFull {
            finishCollecting(with: .success(0))
            return true
        }
        if let quiet = upstream.policy.quiet { collection.awaitMore(quiet: quiet) } else { awaitMore() }
        return false
    }

    private var maxDatagram: Int { upstream.configuration.maxDatagram }

    /// Counts a reply; only one to a single datagram measures the round trip.
    func record(_ length: Int, _ isWhole: Bool, after elapsed: Interval, isFirst: Bool) {
        guard isWhole else { return backend?.recordTruncated(at: loop.now) ?? () }
        backend?.recordReply(after: elapsed, of: isFirst && plan.attempts == 1, length: length, at: loop.now)
        if isFirst, plan.attempts > 1, let backend { noteRepeated(elapsed, backend) }
    }

    /// Whether this exchange still belongs to the collection.
    func isUnderWay(for collection: ReplyCollection) -> Bool { self.collection === collection }

    /// Whether its datagram has left, so that replies may come.
    var isListening: Bool { [.waiting, .collecting, .fallenBack].contains(state) }

    /// Waits for another reply, without sending again.
    ///
    /// - `quiet`: the longest wait.
    func awaitMore(quiet: Interval? = nil) {
        state = .collecting
        let end = quiet.map { min(plan.deadline, loop.now + $0) } ?? plan.deadline
        deadline.set(end, for: self, on: loop)
    }

    /// The outcome of the collected replies: dropped ones are no answer for a caller who asked for a number.
    var collected: Result<Int, GatewayError> {
        guard let collection, collection.count == 0, collection.policy.count != .all else { return .success(0) }
        return .failure(collection.failure(maxDatagram: maxDatagram))
    }

    /// Ends with the collected replies; the outcome has the length of the latest one, which is in the buffer.
    func finishCollecting(with outcome: Result<Int, GatewayError>) {
        let (attempts, elapsed) = (plan.attempts, MonotonicTime.now().since(firstSent))
        noteOverflows()
        recordEnd()
        leaveQueue()
        endAttempt(.silent)
        endFormer()
        let handler = self.handler.take()
        close()
        handler?.finished(
            outcome.map { length in
                Reply(buffer: replies, length: length, elapsed: elapsed, attempts: attempts, surplus: 0)
            })
    }

    /// Counts the replies that found the socket's queue full: nearly always its socket is new, and each was for this
    /// exchange.
    private func noteOverflows() {
        guard let collection, !collection.isFull, !upstream.policy.isSingle, let socket, let backend else { return }
        let lost = socket.socket.overflows
        guard lost > 0 else { return }
        collection.drop(lost)
        backend.counts.dropped += lost
    }

    /// Ends before its time with the collected replies.
    ///
    /// Without any it fails as it would at the end of a shorter time, where the caller asked for a number of them or no
    /// datagram has left.
    func cut(of collection: ReplyCollection) {
        if state == .collecting { return finishCollecting(with: collected) }
        let isSent = plan.delivered > 0
        guard collection.count == 0, collection.policy.count != .all || !isSent else {
            return finishCollecting(with: .success(0))
        }
        leaveQueue()
        let elapsed = loop.now.since(plan.deadline - timeout)
        timeout = Interval(nanoseconds: elapsed.nanoseconds / 1_000_000 * 1_000_000)
        resume(.fail(isSent ? .silent : .blocked))
    }

    /// Ends at once and without calling the handler, because the caller has left.
    func abandon() {
        guard state != .spare else { return }
        leaveQueue()
        endAttempt(.silent)
        endFormer()
        close()
    }

    /// Leaves the pool's queue, so that the next exchange gets the socket.
    func leaveQueue() {
        if state == .queued { backend?.sockets.leaveQueue(self) }
    }
}
