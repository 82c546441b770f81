import EventLoop
import Sockets
import Testing

@testable import Gateway

@Suite(.timeLimit(.minutes(1))) struct UpstreamTests {
    /// An upstream on its loop, and the order in which its callers were answered.
    private actor Office {
        nonisolated let loop: EventLoop
        let upstream: Upstream
        private let address: SocketAddress
        private var answered: [UInt8] = []

        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor }

        init(loop: EventLoop, address: SocketAddress, configuration: Configuration) {
            self.loop = loop
            let pool = BufferPool(smallSize: 1000, largeSize: 70_000)
            upstream = Upstream(configuration: configuration, loop: loop, pool: pool)
            self.address = address
        }

        func open() { _ = upstream.replaceAddresses([address]) }

        func ask(_ number: UInt8) async throws {
            let exchange = Exchange()
            try await upstream.carry([number], in: exchange)
            answered += exchange.reply
            exchange.giveBack(to: upstream.pool)
        }

        var order: [UInt8] { answered }
        var counts: UpstreamCounts { upstream.snapshot }
    }

    private func ask(_ count: UInt8, _ configuration: Configuration) async throws -> (order: [UInt8], UpstreamCounts) {
        let loop = try EventLoop()
        try loop.start()
        defer { loop.stop() }
        let house = try House()
        let answering = try await Task(executorPreference: loop) { try house.answer(on: loop) }.value
        let office = Office(loop: loop, address: try house.service.localAddress(), configuration: configuration)
        await office.open()
        // All of them come in one turn of the loop, one behind the other, however busy the machine is.
        let tasks = await Task(executorPreference: loop) {
            (64..<64 + count).map { number in Task(executorPreference: loop) { try await office.ask(number) } }
        }.value
        for task in tasks { try await task.value }
        answering.cancel()
        _ = await answering.result
        try await house.close()
        return (await office.order, await office.counts)
    }

    @Test func waitersAreServedInOrder() async throws {
        var configuration = Configuration()
        (configuration.maxSockets, configuration.rest) = (1, .milliseconds(5))
        configuration.timeout = .seconds(30)
        let (order, counts) = try await ask(20, configuration)
        #expect(order == Array(64..<84))
        #expect(counts.inFlight == 0)
        let sockets = try #require(counts.destinations.first).counts.sockets
        #expect(sockets.open == 1 && sockets.restWaits == 19)
    }

    /// Who has waited long for a socket does not send all attempts at once.
    @Test func attemptsAreCountedFromTheFirstSend() async throws {
        var configuration = Configuration()
        (configuration.maxSockets, configuration.rest) = (1, .milliseconds(600))
        // A reply may take a second before its request goes out again; the third one waits longer than that.
        (configuration.timeout, configuration.attempts) = (.seconds(31), 5)
        configuration.minRetransmit = .seconds(1)
        let (order, counts) = try await ask(3, configuration)
        #expect(order == [64, 65, 66])
        let counted = try #require(counts.destinations.first).counts
        #expect(counted.retransmissions == 0 && counted.sent == 3)
    }
}
