import EventLoop
import System
import Testing

@testable import Gateway

/// Failures that no test has to wait for, and exchanges of several replies that a test looks at.
extension UpstreamFixture {
    /// Records failures of an address, or of each, an hour from now: the outage lasts longer than any test.
    func fail(_ address: SocketAddress? = nil) {
        let later = MonotonicTime.now() + .seconds(3600)
        for backend in upstream.backends where address == nil || backend.address == address {
            for _ in 0..<Health.failures { backend.recordSilence(.silence, isTrial: false, at: later) }
        }
    }

    /// Records a report about an address, an hour from now.
    func refuse(_ address: SocketAddress) {
        let later = MonotonicTime.now() + .seconds(3600)
        for backend in upstream.backends where backend.address == address {
            backend.recordUnreachable(.refused, isTrial: false, at: later)
        }
    }

    /// Whether each address is down.
    var isDown: Bool { counts.backends.allSatisfy { !$0.counts.isUp } }

    /// An exchange whose replies are collected, and that a test looks at while it is under way.
    func collect(
        _ text: String, _ meanwhile: (Exchange) async throws -> Void
    ) async throws -> (outcome: Result<Answer, GatewayError>, count: Int) {
        let collection = upstream.makeCollection()
        let end = KeptEnd()
        let failure = upstream.collect(
            Array(text.utf8)[...], into: collection, requestedTimeout: nil, trace: nil, for: end)
        if let failure { throw failure }
        for exchange in collection.exchanges { try await meanwhile(exchange) }
        return (await end.outcome, collection.count)
    }

    /// The failure of a fan-out whose exchanges end at once, with these failures in turn.
    func failureOfFanOut(_ failures: [GatewayError]) -> GatewayError? {
        var rest = failures[...]
        let fanOut = FanOut(into: upstream.makeCollection(), of: upstream, for: KeptEnd())
        return fanOut.begin(among: upstream.backends) { _ in rest.popFirst() }
    }

    /// Lets so many replies come at once, and then a datagram for another handler; returns the number of all replies, and
    /// of those that were taken before that handler was called.
    func collectBehind(_ count: Int, from any: SocketAddress) async throws -> (all: Int, before: Int?) {
        let service = try DatagramSocket(boundTo: any)
        let other = try DatagramSocket(boundTo: any)
        let witness = Witness()
        let watch = try loop.watch(other.descriptor, as: .datagrams, handler: witness)
        let end = try await collect("a") { exchange in
            witness.collection = exchange.collection
            let port = try #require(exchange.socket?.localAddress?.port)
            let target = try #require(SocketAddress("127.0.0.1", port: port))
            for _ in 0..<count { _ = try service.send([97].span, to: target) }
            _ = try service.send([97].span, to: try other.localAddress())
            while witness.seen == nil { await Task.yield() }
        }
        loop.release(watch)
        return (end.count, witness.seen)
    }

    /// Takes note of the number of replies when the loop calls it.
    private final class Witness: EventHandler {
        var collection: ReplyCollection?
        private(set) var seen: Int?

        func ready(_ readiness: Readiness) { seen = seen ?? collection?.count }
    }
}
