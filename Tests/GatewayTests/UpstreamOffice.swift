import EventLoop
import Sockets
import Testing

@testable import Gateway

/// An upstream on its loop, and the clerks that tests send to it.
actor UpstreamOffice {
    /// A reply, for comparison.
    struct Answer: Equatable {
        let text: String
        let attempts: Int
    }

    nonisolated let loop: EventLoop
    private let upstream: Upstream

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor }

    init(_ configuration: Configuration, on loop: EventLoop) {
        self.loop = loop
        upstream = Upstream(
            configuration: configuration, loop: loop, pool: BufferPool(smallSize: 1000, largeSize: 70_000))
    }

    /// Sends the requests to these addresses from now on; returns the new ones.
    @discardableResult
    func move(to addresses: [SocketAddress]) -> [SocketAddress] {
        upstream.replaceAddresses(addresses).map { destination in
            let address = destination.address
            Task { await self.collect(from: address) }
            return address
        }
    }

    private func collect(from address: SocketAddress) async {
        await upstream.collectStrays(from: address)
    }

    func ask(_ text: String, patience: Interval? = nil) async throws(GatewayError) -> Answer {
        try await ask(text, patience, nil)
    }

    /// The kinds of steps that an exchange went through, whether or not it ended well.
    func story(of text: String) async -> [ExchangeStory.Kind] {
        let story = ExchangeStory(start: MonotonicTime.now())
        _ = try? await ask(text, nil, story)
        return story.steps.map(\.kind)
    }

    private func ask(_ text: String, _ patience: Interval?, _ story: ExchangeStory?) async throws(GatewayError)
        -> Answer
    {
        let exchange = Exchange()
        try await upstream.carry(Array(text.utf8)[...], in: exchange, patience: patience, story: story)
        let answer = Answer(text: String(decoding: exchange.reply, as: UTF8.self), attempts: exchange.attempts)
        exchange.giveBack(to: upstream.pool)
        return answer
    }

    /// Closes the sockets that are no longer needed, as a worker does from time to time.
    func sweep() { upstream.retireIdleSockets() }

    /// Asks every address for a sign of life.
    func probe() async {
        for destination in upstream.destinations { await upstream.probe(destination, Array("probe".utf8)) }
    }

    /// The smoothed round trip of an address.
    func roundTrip(of address: SocketAddress) -> Interval? {
        upstream.destinations.first { $0.address == address }?.estimator.roundTrip
    }

    var counts: UpstreamCounts { upstream.snapshot }

    func counts(of address: SocketAddress) -> DestinationCounts? {
        upstream.snapshot.destinations.first { $0.address == address }?.counts
    }

    /// Waits until what was counted of an address is as `condition` wants it.
    func wait(for address: SocketAddress, until condition: (DestinationCounts) -> Bool) async {
        while let counts = counts(of: address), !condition(counts) { await Task.yield() }
    }

    func close() { upstream.close() }
}

/// Runs a test's program with an upstream and as many peers, which it knows from the start.
func withOffice(
    _ configuration: Configuration, peers count: Int = 1,
    _ program: @Sendable (UpstreamOffice, [ScriptedPeer]) async throws -> Void
) async throws {
    let loop = try EventLoop()
    try loop.start()
    defer { loop.stop() }
    let peers = try (0..<count).map { _ in try ScriptedPeer(on: loop) }
    let office = UpstreamOffice(configuration, on: loop)
    await office.move(to: peers.map(\.address))
    try await program(office, peers)
    #expect(await office.counts.inFlight == 0, "an exchange is left over")
    await office.close()
}

/// An address at which nobody listens.
func desertedAddress() throws -> SocketAddress {
    // A socket that connects from 127.0.0.1 cannot get this port by chance.
    try DatagramSocket(boundTo: try #require(SocketAddress("127.0.0.77", port: 0))).localAddress()
}

/// Settings under which nothing runs into a limit by itself.
func patientConfiguration(attempts: Int = 1) -> Configuration {
    var configuration = Configuration()
    (configuration.timeout, configuration.attempts) = (.seconds(50), attempts)
    return configuration
}

/// Settings under which the first datagram is sent again after 100 ms while nothing is known of the upstream.
func eagerConfiguration() -> Configuration {
    var configuration = patientConfiguration(attempts: 9)
    configuration.timeout = .milliseconds(51_100)
    return configuration
}
