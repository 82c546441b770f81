import EventLoop
import System
import Testing

@testable import Gateway

/// An attempt that fails while the datagram of a former one may still be answered.
@Suite(.timeLimit(.minutes(1))) struct FallBackTests {
    /// The peer that an exchange asked first, and the datagram that came there.
    private func first(
        of exchange: Exchange, _ peers: [ScriptedPeer]
    ) async throws -> (peer: ScriptedPeer, letter: ScriptedPeer.Letter) {
        while exchange.former.isEmpty { await Task.yield() }
        let address = exchange.former[0].backend.address
        let peer = try #require(peers.first { $0.address == address })
        return (peer, try await peer.receive())
    }

    /// Makes the second attempt one whose datagram has not left, for this host has no room.
    private func block(_ exchange: Exchange) {
        let now = exchange.loop.now
        let backends = [exchange.former[0].backend, exchange.backend].compactMap(\.self)
        exchange.plan.begin(maxAttempts: 2, deadline: exchange.plan.deadline)
        _ = exchange.plan.attempt(backends[0].id)
        _ = exchange.plan.sent(at: now, pause: .seconds(0))
        _ = exchange.plan.paused(among: backends, rotation: 0, at: now) { true }
        exchange.resume(exchange.plan.blocked(at: now))
        exchange.deadline.clear()
    }

    @Test(arguments: [ExchangePlan.Ending.blocked, .unreachable, .tooLong])
    func itGoesBackToTheFormerAttempt(ending: ExchangePlan.Ending) async throws {
        try await withUpstream(eagerConfiguration(), peers: 2) { upstream, peers in
            let answer = try await upstream.exchange("a") { exchange in
                let (peer, letter) = try await first(of: exchange, peers)
                block(exchange)
                exchange.resume(.fail(ending))
                #expect(exchange.state == .fallenBack && exchange.former.isEmpty)
                #expect(exchange.backend?.address == peer.address)
                try await peer.send("A", to: letter.sender)
            }
            #expect(answer.text == "A")
            for peer in peers { await upstream.wait(for: peer.address) { $0.inFlight == 0 } }
        }
    }

    /// The attempt that has sent nothing ends with the exchange: its socket is free, and its backend not asked.
    @Test func aBlockedAttemptEndsWithTheReplyToTheFormer() async throws {
        try await withUpstream(eagerConfiguration(), peers: 2) { upstream, peers in
            let answer = try await upstream.exchange("a") { exchange in
                let (peer, letter) = try await first(of: exchange, peers)
                block(exchange)
                try await peer.send("A", to: letter.sender)
                while exchange.state != .spare { await Task.yield() }
                #expect(exchange.former.isEmpty && exchange.backend == nil)
            }
            #expect(answer.text == "A")
            for peer in peers { await upstream.wait(for: peer.address) { $0.inFlight == 0 } }
        }
    }

    /// The first attempt has the only socket, and the second waits for one in vain.
    @Test func aQueuedAttemptGivesUpForTheFormer() async throws {
        var configuration = patientConfiguration(attempts: 2)
        (configuration.timeout, configuration.maxSockets) = (.seconds(3), 1)
        try await withUpstream(configuration, peers: 2) { upstream, peers in
            let answer = try await upstream.exchange("a") { exchange in
                let (peer, letter) = try await first(of: exchange, peers)
                #expect(exchange.state == .queued)
                while exchange.state == .queued { await Task.yield() }
                #expect(exchange.state == .fallenBack && exchange.backend?.address == peer.address)
                try await peer.send("A", to: letter.sender)
            }
            #expect(answer.text == "A")
            #expect(await upstream.counts.exhausted == 0)
            for peer in peers { await upstream.wait(for: peer.address) { $0.inFlight == 0 } }
        }
    }

    /// The former attempt stays silent: that is one attempt without a reply, and counts once.
    @Test func itsSilenceCountsOnce() async throws {
        var configuration = patientConfiguration(attempts: 2)
        (configuration.timeout, configuration.maxSockets) = (.seconds(1), 1)
        try await withUpstream(configuration, peers: 2) { upstream, peers in
            await #expect(throws: GatewayError.self) { try await upstream.exchange("a") }
            let (sent, timeouts) = await upstream.sentAndSilent
            #expect(sent == 1 && timeouts == 1)
        }
    }

    /// This host cannot send the repetition, for a rule of its own: the reply to the first datagram still comes.
    @Test func aRepetitionThatThisHostForbidsWaitsForTheFirst() async throws {
        try await withUpstream(patientConfiguration(attempts: 2)) { upstream, peers in
            let answer = try await upstream.exchange("a") { exchange in
                let letter = try await peers[0].receive()
                let (socket, backend) = (try #require(exchange.socket), try #require(exchange.backend))
                exchange.resume(exchange.failed(SystemError(.send, nil, .notPermitted), through: socket, of: backend))
                #expect(exchange.state == .waiting && backend.snapshot.prohibitions == 1)
                try await peers[0].send("A", to: letter.sender)
            }
            #expect(answer.text == "A")
        }
    }

    /// The first datagram may have been answered: without an answer it is no lack of room.
    @Test func aRepetitionWithoutRoomIsNoLackOfRoom() {
        var plan = ExchangePlan()
        plan.begin(maxAttempts: 2, deadline: at(2000))
        _ = plan.attempt(7)
        _ = plan.sent(at: at(0), pause: .milliseconds(5))
        #expect(plan.paused(among: [Candidate(id: 7)], rotation: 0, at: at(5)) { true } == .sendAgain(.retransmitted))
        #expect(plan.blocked(at: at(5)) == .retry(at: at(6)))
        #expect(plan.blocked(at: at(2000)) == .fail(.silent))
    }

    /// A collection that is cut while the second attempt waits for a socket has sent one datagram.
    @Test func aCutMeanwhileIsSilence() async throws {
        var policy = ReplyPolicy()
        policy.count = .some(2)
        var configuration = patientConfiguration(attempts: 2)
        (configuration.timeout, configuration.maxSockets) = (.seconds(5), 1)
        try await withUpstream(configuration, policy, peers: 2) { upstream, peers in
            let (outcome, _) = await upstream.collect("a", cutWhen: { $0.state == .queued && !$0.former.isEmpty })
            if case .failure(.silent) = outcome {} else { Issue.record("\(outcome)") }
        }
    }
}
