import EventLoop
import System
import Testing

@testable import Gateway

/// An upstream on its loop, and the clerks that tests send to it.
actor UpstreamFixture {
    /// A reply, for comparison.
    struct Answer: Equatable {
        let text: String
        let attempts: Int
    }

    nonisolated let loop: EventLoop
    let upstream: Upstream
    private let limits: SharedLimits
    private var seen: Set<Int> = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor }

    init(_ configuration: Configuration, _ policy: ReplyPolicy = ReplyPolicy(), on loop: EventLoop) {
        self.loop = loop
        limits = SharedLimits(configuration)
        upstream = Upstream(
            configuration: configuration, policy: policy, limits: limits, replies: ReplyBuffer(), loop: loop)
    }

    /// The places that sockets have of the gateway's limit.
    var places: Int { limits.sockets.used }

    /// Sends the requests to these addresses from now on; returns the new ones.
    @discardableResult
    func move(to addresses: [SocketAddress]) -> [SocketAddress] {
        upstream.replaceAddresses(addresses)
        let new = upstream.backends.filter { seen.insert($0.id).inserted }
        return new.map(\.address)
    }

    func exchange(_ text: String, timeout: Interval? = nil) async throws(GatewayError) -> Answer {
        try await exchange(text, timeout, nil).get()
    }

    /// The kinds of steps that an exchange went through, whether or not it ended well.
    func trace(of text: String) async -> [ExchangeTrace.Kind] {
        let trace = ExchangeTrace(start: .now(), showsAddresses: true)
        _ = await exchange(text, nil, trace)
        return trace.steps.map(\.kind)
    }

    private func exchange(_ text: String, _ timeout: Interval?, _ trace: ExchangeTrace?) async
        -> Result<Answer, GatewayError>
    {
        await withCheckedContinuation { continuation in
            let waiter = ReplyWaiter(continuation)
            let failure = upstream.begin(Array(text.utf8).span, requestedTimeout: timeout, trace: trace, for: waiter)
            if let failure { waiter.finished(.failure(failure)) }
        }
    }

    /// The answer of a service whose replies are collected, and their number.
    ///
    /// - `isDue`: whether the collection ends before its time, now that its exchange has come so far.
    func collect(
        _ text: String, timeout: Interval? = nil, cutWhen isDue: (@Sendable (Exchange) -> Bool)? = nil
    ) async -> (outcome: Result<Answer, GatewayError>, count: Int) {
        let collection = upstream.makeCollection()
        let end = KeptEnd()
        let failure = upstream.collect(
            Array(text.utf8)[...], into: collection, requestedTimeout: timeout, trace: nil, for: end)
        if let failure { end.finished(.failure(failure)) }
        if let isDue {
            while !collection.exchanges.contains(where: isDue) { await Task.yield() }
            collection.cut()
        }
        let outcome = await end.outcome
        return (outcome, collection.count)
    }

    /// An exchange for which this host has no room: it has a socket, and nothing has left through it when `meanwhile`
    /// runs; then it tries again.
    func exchangeWhileBlocked(_ text: String, _ meanwhile: (UInt16) async throws -> Void) async throws -> Answer {
        // So that the former exchange's socket has rested by the loop's reported time.
        for _ in 0..<3 { await loop.sleep(until: loop.now + .milliseconds(2)) }
        if let failure = upstream.takePlace() { throw failure }
        let exchange = Exchange(upstream: upstream)
        let backend = upstream.backends[0]
        exchange.keep(Array(text.utf8).span)
        exchange.timeout = .seconds(50)
        exchange.plan.begin(maxAttempts: 1, deadline: loop.now + exchange.timeout)
        _ = exchange.plan.attempt(backend.id)
        exchange.isTrial = backend.begin(at: loop.now)
        exchange.firstSentHere = .never
        exchange.firstSent = .never
        guard case .socket(let socket) = backend.takeSocket(for: exchange, isNew: false) else { throw NoSocket() }
        (exchange.backend, exchange.socket, socket.exchange) = (backend, socket, exchange)
        exchange.state = .blocked
        try await meanwhile(socket.localAddress?.port ?? 0)
        return try await withCheckedContinuation { continuation in
            exchange.handler = ReplyWaiter(continuation)
            exchange.retry()
        }.get()
    }

    private struct NoSocket: Error {}

    /// An exchange that a test looks at while it is under way.
    func exchange(_ text: String, _ meanwhile: (Exchange) async throws -> Void) async throws -> Answer {
        if let failure = upstream.takePlace() { throw failure }
        let exchange = Exchange(upstream: upstream)
        let configuration = upstream.configuration
        let end = KeptEnd()
        let failure = exchange.begin(
            Array(text.utf8).span, timeout: configuration.timeout, attempts: configuration.attempts, trace: nil,
            only: nil,
            for: end)
        if let failure { throw failure }
        try await meanwhile(exchange)
        return try await end.outcome.get()
    }

    /// Keeps the end of an exchange.
    final class KeptEnd: DispatchHandler {
        private var answer: Result<Answer, GatewayError>?

        var outcome: Result<Answer, GatewayError> {
            get async {
                while true {
                    if let answer { return answer }
                    await Task.yield()
                }
            }
        }

        func finished(_ outcome: Result<Reply, GatewayError>) {
            answer = outcome.map { Answer(text: String(decoding: $0.bytes, as: UTF8.self), attempts: $0.attempts) }
        }

        func sent() { answer = .success(Answer(text: "", attempts: 0)) }
    }

    /// Waits for a report of the network.
    func waitForReport(_ time: Interval = .milliseconds(20)) async { await loop.sleep(until: loop.now + time) }

    /// Sends a datagram without waiting for a reply; whether it has left.
    func dispatch(_ text: String) -> Bool {
        if case .sent = upstream.dispatch(Array(text.utf8)[...], trace: nil, for: KeptEnd()) { true } else { false }
    }

    /// The end of a datagram without a reply that cannot leave at once.
    func failureOfDispatch(_ text: String) async -> GatewayError? {
        let end = KeptEnd()
        switch upstream.dispatch(Array(text.utf8)[...], trace: nil, for: end) {
        case .sent: return nil
        case .failed(let failure): return failure
        case .underWay:
            guard case .failure(let failure) = await end.outcome else { return nil }
            return failure
        }
    }

    /// Sends a datagram to each group without waiting for a reply, and returns what the access log tells.
    ///
    /// There is one socket for all of them: the group that has the datagram gives its socket to the next.
    ///
    /// - `moves`: whether the service has only the address of the first one from then on.
    func dispatchInTurn(_ text: String, moves: Bool = false) async throws -> ExchangeRecord {
        let end = KeptEnd()
        guard case .underWay = upstream.dispatch(Array(text.utf8)[...], trace: nil, for: end) else { throw NoSocket() }
        let first = upstream.backends.filter { $0.oneWay.localAddress != nil }.map(\.address)
        for backend in upstream.backends { backend.oneWay.close() }
        if moves { upstream.replaceAddresses(first) }
        _ = try await end.outcome.get()
        return upstream.last
    }

    /// Waits for one exchange.
    private final class ReplyWaiter: ExchangeHandler {
        private let continuation: CheckedContinuation<Result<Answer, GatewayError>, Never>

        init(_ continuation: CheckedContinuation<Result<Answer, GatewayError>, Never>) {
            self.continuation = continuation
        }

        func finished(_ outcome: Result<Reply, GatewayError>) {
            continuation.resume(
                returning: outcome.map { reply in
                    Answer(text: String(decoding: reply.bytes, as: UTF8.self), attempts: reply.attempts)
                })
        }
    }

    /// The datagrams to all addresses, and the attempts without a reply.
    var sentAndSilent: (Int, Int) {
        let counts = upstream.snapshot.backends.map(\.counts)
        return (counts.reduce(0) { $0 + $1.sent }, counts.reduce(0) { $0 + $1.timeouts })
    }

    /// Closes the sockets that are no longer needed, as a worker does from time to time.
    func sweep() { upstream.sweep() }

    /// Asks every address for a sign of life.
    func probe() async { await upstream.probe(with: Array("probe".utf8)) }

    /// The smoothed round trip of an address.
    func roundTrip(of address: SocketAddress) -> Interval? {
        upstream.backends.first { $0.address == address }?.estimator.roundTrip
    }

    /// Whether there is proof that an address is down.
    func isDown(_ address: SocketAddress) -> Bool {
        upstream.backends.first { $0.address == address }?.isDown(at: .now()) ?? false
    }

    /// The time of the last reply from an address.
    func lastReply(of address: SocketAddress) -> MonotonicTime? {
        upstream.backends.first { $0.address == address }?.lastReply
    }

    /// Lets a reply from an address come after its exchange had gone on.
    func recordLate(from address: SocketAddress, after elapsed: Interval) {
        upstream.backends.first { $0.address == address }?.recordLate(after: elapsed, at: .now())
    }

    /// The wait before an address gets a datagram again.
    func pause(of address: SocketAddress) -> Interval? {
        upstream.backends.first { $0.address == address }?.estimator.timeout
    }

    var counts: UpstreamCounts { upstream.snapshot }

    func counts(of address: SocketAddress) -> BackendCounts? {
        upstream.snapshot.backends.first { $0.address == address }?.counts
    }

    /// Waits until what was counted of an address is as `condition` wants it.
    func wait(for address: SocketAddress, until condition: (BackendCounts) -> Bool) async {
        while let counts = counts(of: address), !condition(counts) { await Task.yield() }
    }

    func close() { upstream.close() }
}

/// Runs a test's program with an upstream and as many peers, which it knows from the start.
func withUpstream(
    _ configuration: Configuration, _ policy: ReplyPolicy = ReplyPolicy(), peers count: Int = 1,
    _ program: @Sendable (UpstreamFixture, [ScriptedPeer]) async throws -> Void
) async throws {
    let loop = try EventLoop()
    try loop.start()
    defer { loop.stop() }
    let peers = try (0..<count).map { _ in try ScriptedPeer(on: loop) }
    let fixture = UpstreamFixture(configuration, policy, on: loop)
    await fixture.move(to: peers.map(\.address))
    try await program(fixture, peers)
    #expect(await fixture.counts.inFlight == 0, "an exchange is left over")
    await fixture.close()
    #expect(await fixture.places == 0, "the place of a socket is left over")
}

/// An address without a listener.
func closedAddress() throws -> SocketAddress {
    // A socket that connects from 127.0.0.1 cannot get this port by chance.
    try DatagramSocket(boundTo: try #require(SocketAddress("127.0.0.77", port: 0))).localAddress()
}

/// Settings under which nothing runs into a limit by itself.
func patientConfiguration(attempts: Int = 1, _ change: (inout Configuration) -> Void = { _ in }) -> Configuration {
    .with {
        ($0.timeout, $0.attempts) = (.seconds(50), attempts)
        change(&$0)
    }
}

/// Settings under which the first datagram is sent again after 100 ms while nothing is known of the upstream.
func eagerConfiguration() -> Configuration {
    var configuration = patientConfiguration(attempts: 9)
    configuration.timeout = .milliseconds(51_100)
    return configuration
}
