internal import EventLoop
internal import HTTP
internal import System

/// Receives the bytes of a connection.
extension Connection {
    /// Takes the bytes that have arrived; false where there are none.
    @inline(__always)
    func receive() throws(Failure) -> Bool {
        let room: Int
        do { room = try reader.buffer.makeRoom(context) } catch { throw .noRoom }
        let received: Int?
        do {
            received = try reader.buffer.fill { (bytes, room) throws(SystemError) in
                try socket?.receive(into: &bytes, room)
            }
        } catch {
            throw .gone
        }
        guard let count = received, count > 0 else {
            isReadable = false
            isAtEnd = received == 0
            // An unfinished request gets no answer; those before it do.
            if isAtEnd, !reader.buffer.isEmpty { throw .gone }
            return false
        }
        if case .reading(.nothing) = state {
            context.idle.leave(watch)
            state = .reading(.unknown)
        }
        if context.isEnding { hasReadLast = true }
        isReadable = count == room || endIsReported
        return true
    }

    /// Handles bytes after the current request for which there is no room.
    func runOutOfRoom() {
        switch state {
        case .exchanging, .asking:
            // Its response comes first, and is the last: the bytes after it are not served.
            context.counts.bufferShortages += 1
            discarded += reader.buffer.count
            reader.giveUp(context)
            hasRunOutOfRoom = true
        default: refuse(.noRoom)
        }
    }

    /// Waits for a request, or for the rest of one; false where none will come.
    @inline(__always)
    func awaitRequest(_ progress: Progress) -> Bool {
        if reader.buffer.isEmpty {
            if isAtEnd || (context.isDraining && !isNew) {
                close()
                return false
            }
            if case .nothing = progress { return true }
            state = .reading(.nothing)
            context.idle.enter(watch)
            setDeadline(context.isDraining ? context.configuration.lingerTimeout : context.configuration.idleTimeout)
        } else if reader.hasHead {
            if case .head = progress { return true }
            if case .partOfHead = progress {} else { began = context.loop.now }
            state = .reading(.head)
            setDeadline(context.configuration.bodyTimeout)
        } else {
            if case .partOfHead = progress { return true }
            began = context.loop.now
            state = .reading(.partOfHead)
            setDeadline(context.configuration.headerTimeout)
        }
        return true
    }
}
