internal import HTTP
internal import System

/// What a connection receives.
extension Connection {
    /// Takes what has arrived; false where nothing has.
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
            // A request that the client began and did not finish is not answered; those before it are.
            if isAtEnd, !reader.buffer.isEmpty { throw .gone }
            return false
        }
        if case .reading(.nothing) = state {
            context.idle.leave(watch)
            state = .reading(.unknown)
        }
        if context.isLeaving { hasReadLast = true }
        isReadable = count == room || endIsReported
        return true
    }
}
