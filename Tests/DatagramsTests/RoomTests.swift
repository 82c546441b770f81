import EventLoop
import System
import TestSupport
import Testing

@testable import Datagrams

/// Sends for which the queue to the network has no room.
@Suite(.timeLimit(.minutes(1))) struct RoomTests {
    @Test func aSendIsRepeatedUntilThereIsRoom() async throws {
        let calls = try await onLoop { loop in
            var calls = 0
            try await whenThereIsRoom(until: .never, on: loop) { () throws(SystemError) in
                calls += 1
                return calls == 3
            }
            return calls
        }
        #expect(calls == 3)
    }

    @Test func aQueueThatStaysFullIsAnError() async throws {
        await #expect(throws: SystemError(.send, nil, .wouldBlock)) {
            try await onLoop { loop in
                let end = MonotonicTime.now() + .milliseconds(5)
                try await whenThereIsRoom(until: end, on: loop) { () throws(SystemError) in false }
            }
        }
    }
}
