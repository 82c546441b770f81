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

    /// The limit is the gateway's and not the kernel's: the failure names it, and no address counts it as blocked.
    @Test func noSocketIsLeft() async throws {
        let configuration = patientConfiguration { ($0.maxSockets, $0.timeout) = (1, .milliseconds(300)) }
        try await withUpstream(configuration) { upstream, peers in
            async let held = upstream.exchange("a")
            let letter = try await peers[0].receive()
            #expect(await upstream.failureOfDispatch("b") == .noSocket(limit: 1))
            #expect(await upstream.counts(of: peers[0].address)?.blocked == 0)
            _ = try? await held
            _ = letter
        }
    }

    /// A probe without a socket is no request that was turned away, and several addresses turn one request away.
    @Test func whatCountsAsARequest() async throws {
        var policy = ReplyPolicy()
        (policy.count, policy.source) = (.some(2), .any)
        let configuration = patientConfiguration {
            ($0.maxSockets, $0.maxInFlight, $0.timeout) = (1, 1, .milliseconds(300))
        }
        try await withUpstream(configuration, policy, peers: 2) { upstream, peers in
            async let held = upstream.collect("a")
            while await upstream.counts.inFlight == 0 { await Task.yield() }
            #expect(await upstream.collect("b").outcome.isFailure)
            #expect(await upstream.counts.overloads == 1)
            await upstream.probe()
            #expect(await upstream.counts.exhausted == 0)
            _ = await held
        }
    }

    /// A name may have moved while a datagram waits for room: it does not go to the address that has gone.
    @Test func anAddressThatHasGoneGetsNothing() async throws {
        var policy = ReplyPolicy()
        (policy.count, policy.source) = (.none, .any)
        let configuration = patientConfiguration { $0.maxSockets = 1 }
        try await withUpstream(configuration, policy, peers: 2) { upstream, peers in
            let record = try await upstream.dispatchInTurn("a", moves: true)
            #expect(record.attempts == 1)
            let (first, second) = (await peers[0].unread, await peers[1].unread)
            #expect(first + second == 1)
        }
    }

    /// One that a report has told of gets none as long as another is up.
    @Test func thoseThatAreUpGetItFirst() async throws {
        var policy = ReplyPolicy()
        policy.count = .none
        try await withUpstream(patientConfiguration(), policy) { upstream, peers in
            let dead = try closedAddress()
            await upstream.move(to: [dead, peers[0].address])
            await upstream.refuse(dead)
            for number in 0..<20 { #expect(await upstream.dispatch("\(number)")) }
            #expect(await upstream.counts(of: dead)?.sent == 0)
            #expect(await peers[0].unread == 20)
        }
    }
}

extension Result {
    fileprivate var isFailure: Bool { if case .failure = self { true } else { false } }
}
