import EventLoop
import System
import Testing

@testable import Gateway

/// Several replies to a datagram, while they come.
@Suite(.timeLimit(.minutes(1))) struct CollectingTests {
    private func policy(_ count: Int, from source: ReplyPolicy.Source = .host) -> ReplyPolicy {
        var policy = ReplyPolicy()
        (policy.count, policy.source, policy.maxReplies) = (.some(count), source, count)
        return policy
    }

    /// The others may still reply.
    @Test func aReportAfterTheFirstReplyEndsNothing() async throws {
        try await withUpstream(patientConfiguration(), policy(2), peers: 2) { upstream, peers in
            await upstream.move(to: [peers[0].address])
            let end = try await upstream.collect("a") { exchange in
                let sender = try await peers[0].receive().sender
                try await peers[0].send("b", to: sender)
                while exchange.state != .collecting { await Task.yield() }
                try await peers[0].close()
                let isSent = try exchange.socket?.send([97].span)
                try #require(isSent == true)
                await upstream.waitForReport()
                try await peers[1].send("c", to: sender)
            }
            #expect(end.count == 2)
            _ = try end.outcome.get()
        }
    }

    /// A silent address may have got the datagram, whichever ends first.
    @Test(arguments: [true, false]) func silenceCountsMoreThanAReport(isReportedFirst: Bool) async throws {
        try await withUpstream(patientConfiguration(), policy(2, from: .any), peers: 2) { upstream, _ in
            let failures: [GatewayError] = [
                .unreachable(.refused, .network), .silent(after: .seconds(50), attempts: 1),
            ]
            let failure = await upstream.failureOfFanOut(isReportedFirst ? failures : failures.reversed())
            #expect(failure == failures[1])
        }
    }

    /// One flood does not keep the loop from its other handlers.
    @Test func othersAreCalledBetweenManyReplies() async throws {
        try await withUpstream(patientConfiguration(), policy(65)) { upstream, _ in
            let any = try #require(SocketAddress("127.0.0.1", port: 0))
            let (end, before) = try await upstream.collectBehind(65, from: any)
            #expect(before == 64 && end == 65, "\(before ?? -1) of \(end)")
        }
    }
}
