import EventLoop
import HTTP
import System
import TestSupport
import Testing

@testable import Gateway

/// The ends of several replies, the ways of a datagram without one, and the date of a response.
@Suite(.timeLimit(.minutes(1))) struct CollectedOutcomeTests {
    private static let two: ReplyPolicy = {
        var policy = ReplyPolicy()
        policy.count = .some(2)
        return policy
    }()

    private static func failure(of outcome: Result<UpstreamFixture.Answer, GatewayError>) -> GatewayError? {
        if case .failure(let failure) = outcome { failure } else { nil }
    }

    /// Replies that are all too long are no answer for a caller who asked for a number, and part of one who takes all.
    @Test(arguments: [ReplyPolicy.Count.some(2), .all])
    func repliesThatAreAllTooLong(count: ReplyPolicy.Count) async throws {
        let configuration = patientConfiguration { ($0.maxDatagram, $0.timeout) = (4, .milliseconds(300)) }
        var policy = ReplyPolicy()
        policy.count = count
        try await withUpstream(configuration, policy) { upstream, peers in
            async let collected = upstream.collect("a")
            try await peers[0].send("12345", to: try await peers[0].receive().sender)
            let (outcome, found) = await collected
            #expect(found == 0)
            switch outcome {
            case .success: #expect(count == .all)
            case .failure(let failure): #expect(count != .all && failure == .replyTooLong(limit: 4))
            }
        }
    }

    /// The service has the datagram, so that no sentence may say otherwise.
    @Test func repliesWithoutRoom() async throws {
        let configuration = patientConfiguration { ($0.maxBuffered, $0.timeout) = (4, .milliseconds(300)) }
        try await withUpstream(configuration, Self.two) { upstream, peers in
            async let collected = upstream.collect("a")
            try await peers[0].send("12345", to: try await peers[0].receive().sender)
            let end = await collected
            #expect(end.count == 0 && Self.failure(of: end.outcome) == .noRoomForReplies(limit: 4))
        }
    }

    /// An early end is one like any other.
    @Test func repliesWithoutRoomAndAnEarlyEnd() async throws {
        try await withUpstream(patientConfiguration { $0.maxBuffered = 4 }, Self.two) { upstream, peers in
            async let collected = upstream.collect("a", cutWhen: { $0.state == .collecting })
            try await peers[0].send("12345", to: try await peers[0].receive().sender)
            let end = await collected
            #expect(end.count == 0 && Self.failure(of: end.outcome) == .noRoomForReplies(limit: 4))
        }
    }

    /// Whichever ends last, the caller hears of the reply.
    @Test(arguments: [0, 1]) func aReplyThatIsTooLongCountsMoreThanSilence(place: Int) async throws {
        let configuration = patientConfiguration { ($0.maxDatagram, $0.timeout) = (4, .milliseconds(300)) }
        var policy = ReplyPolicy()
        (policy.count, policy.source) = (.some(2), .any)
        try await withUpstream(configuration, policy, peers: 2) { upstream, peers in
            async let collected = upstream.collect("a")
            try await peers[place].send("12345", to: try await peers[place].receive().sender)
            #expect(Self.failure(of: await collected.outcome) == .replyTooLong(limit: 4))
        }
    }

    /// The replies come together while the gateway does something else, and are more than the socket's queue holds.
    @Test func repliesBeyondTheQueueAreCounted() async throws {
        var policy = ReplyPolicy()
        (policy.count, policy.wait, policy.maxReplies) = (.all, .milliseconds(200), 1024)
        let configuration = patientConfiguration { $0.timeout = .milliseconds(200) }
        try await withUpstream(configuration, policy) { upstream, peers in
            async let collected = upstream.collect("a")
            let letter = try await peers[0].receive()
            let sent = 100
            try await peers[0].send(String(repeating: "b", count: 8192), to: letter.sender, times: sent)
            let (outcome, found) = await collected
            _ = try outcome.get()
            let dropped = try #require(await upstream.counts(of: peers[0].address)).dropped
            #expect(found > 0 && dropped > 0 && found + dropped == sent)
        }
    }

    /// Each of several groups gets a datagram without a reply; of equal addresses one does.
    @Test(arguments: [ReplyPolicy.Source.any, .peer])
    func aDatagramWithoutAReply(source: ReplyPolicy.Source) async throws {
        var policy = ReplyPolicy()
        (policy.count, policy.source) = (.all, source)
        try await withUpstream(patientConfiguration(), policy, peers: 2) { upstream, peers in
            #expect(await upstream.dispatch("a"))
            let (first, second) = (await peers[0].unread, await peers[1].unread)
            #expect(first + second == (source == .any ? 2 : 1) && first <= 1 && second <= 1)
        }
    }

    /// The times of replies count from the first of all datagrams, also where its exchange has ended.
    @Test func theFirstDatagramOfSeveral() async throws {
        try await onLoop { loop in
            let configuration = Configuration()
            let upstream = Upstream(
                configuration: configuration, limits: SharedLimits(configuration), replies: ReplyBuffer(), loop: loop)
            let (collection, now) = (upstream.makeCollection(), MonotonicTime.now())
            let exchanges = (0..<2).map { _ in Exchange(upstream: upstream) }
            for (index, exchange) in exchanges.enumerated() {
                exchange.firstSent = now + .milliseconds(UInt64(index))
                collection.join(exchange)
            }
            #expect(collection.firstSent == now)
            collection.leave(exchanges[0])
            #expect(collection.firstSent == now)
        }
    }

    @Test func theDateChangesWithTheSecond() async throws {
        try await onLoop { loop in
            let writer = ResponseWriter(loop: loop, idleTimeout: .seconds(75))
            _ = writer.date
            let (seconds, nanoseconds) = WallClock.now()
            let rest = Interval(nanoseconds: 1_000_000_000 - UInt64(nanoseconds))
            await loop.sleep(until: MonotonicTime.now() + rest + .milliseconds(2))
            let now = WallClock.unixSeconds()
            #expect(now > seconds && writer.date.bytes == HTTPDate(unixSeconds: now).bytes)
        }
    }
}
