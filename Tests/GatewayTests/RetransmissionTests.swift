import EventLoop
import System
import Testing

@testable import Gateway

/// A datagram that is sent again, and what is learned from its reply.
@Suite(.timeLimit(.minutes(1))) struct RetransmissionTests {
    @Test func aReplyToOneDatagramTellsTheRoundTrip() async throws {
        try await withUpstream(patientConfiguration(attempts: 2)) { upstream, peers in
            async let answer = upstream.exchange("one")
            let letter = try await peers[0].receive()
            #expect(await upstream.roundTrip(of: peers[0].address) == nil)
            try await peers[0].send("ONE", to: letter.sender)
            #expect(try await answer == UpstreamFixture.Answer(text: "ONE", attempts: 1))
            let roundTrip = try #require(await upstream.roundTrip(of: peers[0].address))
            #expect(roundTrip.nanoseconds > 0)
        }
    }

    /// Karn's rule (RFC 6298 3): whose reply it is cannot be known, so that it tells nothing.
    @Test func aReplyToTwoDatagramsTellsNothing() async throws {
        try await withUpstream(eagerConfiguration()) { upstream, peers in
            async let answer = upstream.exchange("one")
            let first = try await peers[0].receive()
            let second = try await peers[0].receive()
            // The same socket, so that a late reply to the first datagram is heard.
            #expect(first.text == "one" && second.text == "one" && first.sender == second.sender)
            try await peers[0].send("ONE", to: first.sender)
            let reply = try await answer
            #expect(reply.text == "ONE" && reply.attempts >= 2)
            #expect(await upstream.roundTrip(of: peers[0].address) == nil)
            let counts = try #require(await upstream.counts(of: peers[0].address))
            #expect(counts.replies == 1 && counts.roundTrips.counts.reduce(0, +) == 1)
            #expect(counts.sent == reply.attempts && counts.retransmissions == reply.attempts - 1)
            // The reply to the other datagram is still to come.
            #expect(counts.sockets.quarantines == 1)
        }
    }

    @Test func theReplyToTheOtherDatagramReachesNobody() async throws {
        var configuration = eagerConfiguration()
        configuration.rest = .milliseconds(0)
        try await withUpstream(configuration) { upstream, peers in
            async let answer = upstream.exchange("one")
            _ = try await peers[0].receive()
            let first = try await peers[0].receive()
            try await peers[0].send("ONE", to: first.sender)
            #expect(try await answer.text == "ONE")
            try await peers[0].send("ONE", to: first.sender)
            async let next = upstream.exchange("two")
            var second = try await peers[0].receive()
            while second.text == "one" { second = try await peers[0].receive() }
            #expect(second.text == "two" && second.sender != first.sender)
            try await peers[0].send("TWO", to: second.sender)
            #expect(try await next.text == "TWO")
            await upstream.wait(for: peers[0].address) { $0.sockets.late == 1 }
        }
    }

    /// Ten are granted before the first request has paid in; the share is next to nothing.
    ///
    /// An exchange without budget has waited too short a time to give up: the reply may only be slow.
    @Test func withoutABudgetARequestWaitsInstead() async throws {
        let configuration = patientConfiguration(attempts: 2) { $0.retransmitShare = 0.000_001 }
        try await withUpstream(configuration) { upstream, peers in
            // From now on the timer is short.
            async let warm = upstream.exchange("warm")
            try await peers[0].send("WARM", to: try await peers[0].receive().sender)
            _ = try await warm
            for _ in 0..<10 {
                async let answer = upstream.exchange("again")
                _ = try await peers[0].receive()
                try await peers[0].send("AGAIN", to: try await peers[0].receive().sender)
                #expect(try await answer.attempts == 2)
            }
            async let last = upstream.exchange("once")
            let letter = try await peers[0].receive()
            // Longer than the timer.
            let roundTrip = try #require(await upstream.roundTrip(of: peers[0].address))
            try await Task.sleep(for: .nanoseconds(5 * Int64(max(roundTrip.nanoseconds, 50_000_000))))
            #expect(await peers[0].unread == 0)
            try await peers[0].send("ONCE", to: letter.sender)
            #expect(try await last == UpstreamFixture.Answer(text: "ONCE", attempts: 1))
            #expect(try #require(await upstream.counts(of: peers[0].address)).retransmissions == 10)
        }
    }

    @Test func noMoreThanAllAttemptsAreMade() async throws {
        try await withUpstream(patientConfiguration(attempts: 3)) { upstream, peers in
            await #expect {
                try await upstream.exchange("one") { exchange in
                    for _ in 0..<5 { exchange.pause() }
                    exchange.resume(.fail(.silent))
                }
            } throws: { error in
                guard case GatewayError.silent(_, let attempts, _) = error else { return false }
                return attempts == 3
            }
            #expect(await peers[0].unread == 3)
        }
    }

    /// The caller may wait for a shorter time, and for no longer than the operator allows.
    @Test(arguments: [(40, 3_600_000), (3_600_000, 40)] as [(UInt64, UInt64)])
    func theShorterTimeoutCounts(requested: UInt64, timeout: UInt64) async throws {
        let configuration = Configuration.with { $0.timeout = .milliseconds(timeout) }
        try await withUpstream(configuration) { upstream, _ in
            await #expect { try await upstream.exchange("one", timeout: .milliseconds(requested)) } throws: { error in
                guard case GatewayError.silent(let time, _, _) = error else { return false }
                return time == .milliseconds(40)
            }
        }
    }
}
