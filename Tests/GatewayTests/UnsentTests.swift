import EventLoop
import System
import Testing

@testable import Gateway

/// What a socket hears before anything has left through it belongs to a former exchange.
@Suite(.timeLimit(.minutes(1))) struct UnsentTests {
    /// The service answers the first request twice; the second answer comes while the next exchange has the socket, and no
    /// room to send.
    @Test func aLateReplyDoesNotAnswerABlockedExchange() async throws {
        var configuration = patientConfiguration()
        (configuration.rest, configuration.quarantine, configuration.minSockets) = (.seconds(0), .seconds(0), 1)
        try await withUpstream(configuration) { upstream, peers in
            let peer = peers[0]
            let first = Task { try await upstream.exchange("first") }
            let letter = try await peer.receive()
            try await peer.send("FIRST", to: letter.sender)
            #expect(try await first.value.text == "FIRST")
            let second = Task {
                try await upstream.exchangeWhileBlocked("second") { port in
                    try #require(port == letter.sender.port, "the socket is not the first one's")
                    try await peer.send("LATE", to: letter.sender)
                    await upstream.wait(for: peer.address) { $0.sockets.late + $0.sockets.doubled > 0 }
                }
            }
            let next = try await peer.receive()
            #expect(next.text == "second" && next.sender != letter.sender)
            try await peer.send("SECOND", to: next.sender)
            #expect(try await second.value.text == "SECOND")
        }
    }

    /// All replies to a datagram that has left may be none; one that waits for a socket has not been sent.
    @Test func aCollectionThatIsCutBeforeItsDatagramFails() async throws {
        var policy = ReplyPolicy()
        (policy.count, policy.wait) = (.all, .seconds(50))
        let configuration = patientConfiguration { $0.maxSockets = 1 }
        try await withUpstream(configuration, policy) { upstream, peers in
            let (sent, _) = await upstream.collect("first", cutWhen: { $0.state == .waiting })
            _ = try sent.get()
            // Its socket is set aside, and there is no other.
            let (unsent, _) = await upstream.collect("second", cutWhen: { $0.state == .queued })
            if case .failure(.noSocket(limit: 1)) = unsent {} else { Issue.record("\(unsent)") }
            #expect(try await peers[0].receive().text == "first")
        }
    }

    /// Without a datagram under way no pause is to be waited for, and the try that is due stays.
    @Test func aPathThatShrinksBeforeTheFirstDatagramChangesNothing() {
        var plan = ExchangePlan()
        plan.begin(maxAttempts: 1, deadline: at(2000))
        _ = plan.attempt(7)
        #expect(!plan.expectsReply)
        #expect(plan.blocked(at: at(0)) == .retry(at: at(1)))
        #expect(plan.pathShrank(at: at(1)) == .retry(at: at(3)))
        #expect(plan.sent(at: at(3), pause: .milliseconds(5)) == .wait(until: at(2000)))
        #expect(plan.expectsReply)
    }

    /// The pauses grow by the datagrams that may have arrived.
    @Test func aRefusedDatagramDoesNotCount() {
        var plan = ExchangePlan()
        plan.begin(maxAttempts: 3, deadline: at(2000))
        let backends = [Candidate(id: 7), Candidate(id: 8)]
        _ = plan.choose(among: backends, rotation: 0, at: at(0))
        _ = plan.sent(at: at(0), pause: .milliseconds(20))
        #expect(
            plan.failedToReach(7, isReported: true, among: backends, rotation: 0, at: at(1)) == .attempt(1, .rerouted))
        #expect(plan.attempts == 1 && plan.delivered == 0)
        _ = plan.sent(at: at(1), pause: .milliseconds(20))
        #expect(plan.attempts == 2 && plan.delivered == 1)
    }
}
