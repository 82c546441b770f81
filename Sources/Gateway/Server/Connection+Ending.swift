internal import EventLoop
internal import HTTP
internal import System

/// Ends a connection so that its last response arrives, whatever the client still sends.
extension Connection {
    /// Refuses a connection for which there is no place.
    ///
    /// It reads the request first, or as much as has come: the close of a socket with unread bytes resets the
    /// connection.
    func turnAway() {
        do throws(Failure) {
            _ = try receive()
            refuse(.noPlace)
        } catch {
            refuse(error)
        }
    }

    /// Ends the connection after all responses.
    func finish() {
        if case .reading(.nothing) = state { context.idle.leave(watch) }
        discarded += reader.buffer.count
        reader.giveUp(context)
        state = .writing(thenCloses: true)
    }

    /// Whether the client sends nothing more: it has ended its side, or it has said that its request is the last (RFC
    /// 9112 9.6) and nothing is known to have come behind it.
    ///
    /// A short read has emptied the kernel's queue, and events have told of bytes since.
    private var isClientDone: Bool { isAtEnd || !summary.keepsAlive && discarded == 0 && !isReadable }

    /// Closes at once where the client is done, and otherwise in stages, so that the client can read the last response:
    /// the close of a socket with unread bytes resets the connection, and the reset may overtake the response (RFC 9112
    /// 9.6).
    func linger() {
        if isClientDone || isRefused && !context.mayLingerRefused { return close() }
        socket?.shutDownSending()
        state = .lingering(discarded)
        setDeadline(context.configuration.lingerTimeout)
        isReadable = true
        discard(discarded)
    }

    /// Drops the client's remaining bytes, until their end or the limit.
    func discard(_ before: Int) {
        var count = before
        for _ in 0..<Self.mostAtOnce {
            guard count < context.configuration.limits.maxLinger else { return close() }
            do {
                let room = context.sharedBuffer.indices
                guard let taken = try socket?.receive(into: &context.sharedBuffer, room) else {
                    state = .lingering(count)
                    return
                }
                if taken == 0 { return close() }
                count += taken
            } catch {
                return close()
            }
        }
        state = .lingering(count)
        context.loop.callAgain(self)
    }

    /// Whether the connection is new, and its first request may be on its way.
    var isNew: Bool {
        served == 0 && context.loop.now < start + context.configuration.lingerTimeout
    }

    /// Looks for a last request, because the gateway is about to end, and ends without one.
    func drain() {
        if case .exchanging = state { return boundCollecting() }
        guard case .reading = state else { return }
        isReadable = true
        advance()
        if case .reading(.nothing) = state { setDeadline(context.configuration.lingerTimeout) }
    }

    /// Ends to make room for another connection, if there is no request; false where one has just arrived.
    func endIfIdle() -> Bool {
        guard case .reading(.nothing) = state else {
            context.idle.leave(watch)
            return false
        }
        isReadable = true
        let before = served
        advance()
        if case .closed = state { return true }
        guard served == before, case .reading(.nothing) = state else { return false }
        close()
        return true
    }

    /// Waits for room to write.
    func awaitRoom() {
        unsent = socket?.unsent ?? 0
        setDeadline(context.configuration.writeTimeout)
    }

    /// Whether the client has read since the wait for room began.
    ///
    /// The kernel reports room only when a third of its buffer is free, which may take a slow client longer than the
    /// time to write.
    var hasRead: Bool { socket?.unsent ?? 0 < unsent }

    /// Ends, because the client is gone; requests that it had sent are not served.
    func leave() {
        noteUnsent(.closed)
        if !reader.buffer.isBlank { note(nil, toBytes: reader.buffer.content) }
        close()
    }

    /// Ends, because the client does not read.
    func stall() {
        noteUnsent(.stalled)
        close()
    }

    func close() {
        if case .closed = state { return }
        if case .reading(.nothing) = state { context.idle.leave(watch) }
        state = .closed
        deadline.cancel(on: context.loop)
        reader.giveUp(context)
        output.giveUp(context)
        if unsentReplies != nil { unsentReplies = nil }
        context.loop.release(watch)
        socket = nil
        context.remove(self)
    }
}

/// The last requests of a connection when the gateway is about to end.
extension Connection {
    /// The bytes that a connection reads once the gateway is about to end.
    struct LastBytes {
        /// The bytes that came in time, and were not read at once.
        var unread: Int
        /// The later ones: a request that begins with them is not served.
        var late = 0
    }

    /// Takes note of bytes that were read since the gateway is about to end.
    @inline(never)
    func noteLast(_ count: Int) {
        guard var last = lastBytes else {
            lastBytes = LastBytes(unread: socket?.unread ?? 0)
            return
        }
        let inTime = min(count, last.unread)
        last.unread -= inTime
        last.late += count - inTime
        lastBytes = last
    }

    /// Whether no other request has begun by the time when the connection looked for the last ones, because the gateway
    /// is about to end: some clients always send more.
    var isLastInTime: Bool {
        guard let lastBytes else { return reader.buffer.isBlank && !isReadable }
        return lastBytes.unread == 0 && reader.buffer.count <= lastBytes.late
    }
}
