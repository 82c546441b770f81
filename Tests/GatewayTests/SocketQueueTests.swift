import EventLoop
import System
import Testing

@testable import Gateway

@Suite(.timeLimit(.minutes(1))) struct SocketQueueTests {
    /// The order in which callers were answered.
    private actor Order {
        private(set) var answered: [UInt8] = []

        func add(_ text: String) { answered += Array(text.utf8) }
    }

    private func ask(_ count: UInt8, _ configuration: Configuration) async throws -> (order: [UInt8], UpstreamCounts) {
        let loop = try EventLoop()
        try loop.start()
        defer { loop.stop() }
        let fixture = try GatewayFixture()
        let answering = try await Task(executorPreference: loop) { try fixture.answer(on: loop) }.value
        let upstream = UpstreamFixture(configuration, on: loop)
        await upstream.move(to: [try fixture.service.localAddress()])
        let order = Order()
        // All of them come in one iteration of the loop, one behind the other, however busy the machine is.
        let tasks = await Task(executorPreference: loop) {
            (64..<64 + count).map { number in
                Task(executorPreference: loop) {
                    await order.add(try await upstream.exchange(String(UnicodeScalar(number))).text)
                }
            }
        }.value
        for task in tasks { try await task.value }
        answering.cancel()
        _ = await answering.result
        try await fixture.close()
        let result = (await order.answered, await upstream.counts)
        await upstream.close()
        return result
    }

    @Test func waitersAreServedInOrder() async throws {
        var configuration = Configuration()
        (configuration.maxSockets, configuration.rest) = (1, .milliseconds(5))
        configuration.timeout = .seconds(30)
        let (order, counts) = try await ask(20, configuration)
        #expect(order == Array(64..<84))
        #expect(counts.inFlight == 0)
        let sockets = try #require(counts.backends.first).counts.sockets
        #expect(sockets.open == 1 && sockets.restWaits == 19)
    }

    /// An exchange that gets its socket late has no time left for the reply, and the socket would be lost to the next one.
    @Test func aSocketThatComesTooLateForAReplyIsNotWaitedFor() async throws {
        var configuration = Configuration()
        (configuration.maxSockets, configuration.rest) = (1, .milliseconds(1500))
        configuration.timeout = .seconds(2)
        await #expect(throws: GatewayError.noSocket(limit: 1)) { try await ask(2, configuration) }
    }

    /// An exchange that has waited long for a socket does not send all attempts at once.
    @Test func attemptsAreCountedFromTheFirstSend() async throws {
        var configuration = Configuration()
        (configuration.maxSockets, configuration.rest) = (1, .milliseconds(600))
        // A reply may take a second before its request goes out again; the third one waits longer than that.
        (configuration.timeout, configuration.attempts) = (.seconds(31), 5)
        configuration.minRetransmit = .seconds(1)
        let (order, counts) = try await ask(3, configuration)
        #expect(order == [64, 65, 66])
        let counted = try #require(counts.backends.first).counts
        #expect(counted.retransmissions == 0 && counted.sent == 3)
    }
}
