import EventLoop
import System
import Testing

@testable import Gateway

/// Datagrams that expect no reply.
@Suite(.timeLimit(.minutes(1))) struct DispatchTests {
    /// A group for which this host had no room gets the datagram later; the one that has it does not get it twice.
    @Test func eachGroupGetsItOnce() async throws {
        var policy = ReplyPolicy()
        (policy.count, policy.source) = (.none, .any)
        let configuration = patientConfiguration { $0.maxSockets = 1 }
        try await withUpstream(configuration, policy, peers: 2) { upstream, peers in
            let record = try await upstream.dispatchInTurn("a")
            #expect(record.attempts == 2)
            for peer in peers {
                #expect(try await peer.receive().text == "a")
                #expect(await peer.unread == 0)
            }
        }
    }
}
