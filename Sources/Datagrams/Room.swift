internal import EventLoop
internal import System

/// Calls `send` until it succeeds: where there is no room, the queue to the network is full, and empties within moments.
///
/// Throws where it is still full at the end of the time.
func whenThereIsRoom(
    until end: MonotonicTime, on loop: EventLoop, _ send: () throws(SystemError) -> Bool
) async throws(SystemError) {
    while try !send() {
        guard .now() < end, !Task.isCancelled else { throw SystemError(.send, nil, .wouldBlock) }
        await loop.sleep(until: .now() + .milliseconds(1))
    }
}
