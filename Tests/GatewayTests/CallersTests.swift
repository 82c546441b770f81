import EventLoop
import Glibc
import HTTP
import System
import Testing

@testable import Gateway

/// The service for callers who differ.
@Suite(.timeLimit(.minutes(1))) struct CallersTests {
    private static let healthz = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"

    private static func post(_ body: String) -> String {
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// A response that is ready leaves before its connection waits for anything else.
    @Test func aFinishedResponseIsNotHeldForALaterRequest() async throws {
        let configuration = Configuration.with { $0.timeout = .seconds(2) }
        let fixture = try GatewayFixture(configuration)
        let loop = try EventLoop()
        try loop.start()
        defer { loop.stop() }
        // The service does not answer: the second request ends with 504, long after the first response.
        let (first, isWaiting) = try await Task(executorPreference: loop) {
            let caller = try LoopCaller(fixture.address, on: loop)
            try caller.send(Self.healthz + Self.post("silence"))
            let isThere = await caller.wait(for: "ok\n")
            return (isThere, !caller.text.contains("504"))
        }.value
        #expect(first && isWaiting)
        try await fixture.close()
    }

    /// The limit is the gateway's: whichever workers they meet, as many connections live.
    @Test(arguments: [1, 2, 4, 8]) func connectionsAreLimitedTogether(workers: Int) async throws {
        let configuration = Configuration.with { ($0.workers, $0.maxConnections) = (workers, 24) }
        try await withGateway(configuration) { fixture, loop in
            var callers: [LoopCaller] = []
            for _ in 0..<24 {
                let caller = try LoopCaller(fixture.address, on: loop)
                try caller.send(Self.healthz)
                #expect(await caller.wait(for: "ok\n"))
                callers.append(caller)
            }
            // Each of them is still served, and every worker has its part.
            for caller in callers {
                try caller.send(Self.healthz)
                #expect(await caller.wait(for: "ok\n", count: 2))
            }
            for worker in fixture.gateway.workers { #expect(worker.load.used == 24 / workers) }
            // One more takes the place of an idle one, on any worker.
            let late = try LoopCaller(fixture.address, on: loop)
            try late.send(Self.healthz)
            #expect(await late.wait(for: "ok\n"))
            var evicted = 0
            for worker in fixture.gateway.workers { evicted += await worker.counts.http.evicted }
            #expect(evicted == 1)
        }
    }

    /// A request that lies in the kernel's queue saves its connection, however long that was idle: the next one goes.
    @Test func theOneThatHasJustAskedStays() async throws {
        let configuration = Configuration.with { ($0.workers, $0.maxConnections) = (1, 2) }
        try await withGateway(configuration) { fixture, loop in
            let (first, second) = (
                try LoopCaller(fixture.address, on: loop), try LoopCaller(fixture.address, on: loop)
            )
            for caller in [first, second] {
                try caller.send(Self.healthz)
                #expect(await caller.wait(for: "ok\n"))
            }
            let late = try await fixture.whileHeldUp(by: loop) {
                let late = try LoopCaller(fixture.address, on: loop)
                try late.send(Self.healthz)
                try first.send(Self.healthz)
                return late
            }
            #expect(await late.wait(for: "ok\n"))
            #expect(await !second.receive())
            try first.send(Self.healthz)
            #expect(await first.wait(for: "ok\n", count: 3))
        }
    }

    /// Each of those that have just asked is served at once, so that a newcomer does not wait for all of them.
    @Test(arguments: [ConnectionContext.mostAsked - 1, ConnectionContext.mostAsked])
    func fewAreAskedToMakeRoom(asking: Int) async throws {
        let configuration = Configuration.with {
            ($0.workers, $0.maxConnections) = (1, ConnectionContext.mostAsked + 1)
        }
        try await withGateway(configuration) { fixture, loop in
            var callers: [LoopCaller] = []
            for _ in 0..<configuration.maxConnections {
                let caller = try LoopCaller(fixture.address, on: loop)
                try caller.send(Self.healthz)
                #expect(await caller.wait(for: "ok\n"))
                callers.append(caller)
            }
            let late = try await fixture.whileHeldUp(by: loop) {
                let late = try LoopCaller(fixture.address, on: loop)
                try late.send(Self.healthz)
                for caller in callers.prefix(asking) { try caller.send(Self.healthz) }
                return late
            }
            await late.receive()
            #expect(late.text.hasPrefix("HTTP/1.1 \(asking < ConnectionContext.mostAsked ? 200 : 503) "))
        }
    }

    /// All are busy, on all workers: the one too many is told so.
    @Test(arguments: [1, 3]) func oneTooManyIsTurnedAway(workers: Int) async throws {
        let configuration = Configuration.with { ($0.workers, $0.maxConnections) = (workers, 6) }
        try await withGateway(configuration) { fixture, loop in
            var callers: [LoopCaller] = []
            for _ in 0..<6 {
                let caller = try LoopCaller(fixture.address, on: loop)
                try caller.send(Self.healthz + "POST / HT")
                #expect(await caller.wait(for: "ok\n"))
                callers.append(caller)
            }
            let late = try LoopCaller(fixture.address, on: loop)
            try late.send(Self.healthz)
            #expect(await late.readAll().hasPrefix("HTTP/1.1 503 "))
            for caller in callers {
                try caller.send("TP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
                #expect(await caller.wait(for: "ABC"))
            }
        }
    }

    /// Exchanges under way count together, too, and the sentence names the limit that is really reached.
    @Test func exchangesAreLimitedTogether() async throws {
        let configuration = Configuration.with { ($0.workers, $0.maxInFlight, $0.timeout) = (4, 8, .seconds(50)) }
        let fixture = try GatewayFixture(configuration)
        let loop = try EventLoop()
        try loop.start()
        defer { loop.stop() }
        try await Task(executorPreference: loop) {
            var callers: [LoopCaller] = []
            for number in 0..<8 {
                let caller = try LoopCaller(fixture.address, on: loop)
                try caller.send(Self.healthz + Self.post("\(number)"))
                #expect(await caller.wait(for: "ok\n"))
                callers.append(caller)
            }
            while await fixture.underWay < 8 { await loop.sleep(until: loop.now + .milliseconds(1)) }
            let late = try LoopCaller(fixture.address, on: loop)
            try late.send(Self.post("late"))
            #expect(await late.wait(for: "All 8 exchanges with the UDP service are in use."))
            let answering = try fixture.answer(on: loop)
            for caller in callers { #expect(await caller.wait(for: "HTTP/1.1 200", count: 2)) }
            answering.cancel()
            _ = await answering.result
        }.value
        try await fixture.close()
    }

    /// A rush of connections does not keep the loop from its other handlers and jobs.
    @Test func othersAreServedBetweenManyConnections() async throws {
        let configuration = Configuration.with { $0.workers = 1 }
        try await withGateway(configuration) { fixture, loop in
            let worker = fixture.gateway.workers[0]
            let bell = try TestBell()
            let before = Task(executorPreference: worker.loop) {
                let watch = try AsyncWatch(bell.socket.descriptor, as: .datagrams, on: worker.loop)
                bell.isWatched.raise()
                _ = await watch.readable()
                return worker.load.used
            }
            while !bell.isWatched.isRaised { await loop.sleep(until: loop.now + .milliseconds(1)) }
            let callers = try await fixture.whileHeldUp(by: loop) {
                let callers = try (0..<65).map { _ in try LoopCaller(fixture.address, on: loop) }
                try bell.ring()
                return callers
            }
            #expect(try await before.value == 64)
            try callers[64].send(Self.healthz)
            #expect(await callers[64].wait(for: "ok\n"))
            withExtendedLifetime(callers) {}
        }
    }

    /// Memory is taken by what arrives and not by what is announced: at the budget and one past it.
    @Test func requestsInPartsShareABudget() async throws {
        var configuration = Configuration()
        // Two of the smallest buffers.
        configuration.maxBuffered = 1024
        try await withGateway(configuration) { fixture, loop in
            let beginning = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 203\r\n\r\nabc"
            var callers: [LoopCaller] = []
            for _ in 0..<2 {
                let caller = try LoopCaller(fixture.address, on: loop)
                try caller.send(Self.healthz + beginning)
                #expect(await caller.wait(for: "ok\n"))
                callers.append(caller)
            }
            let late = try LoopCaller(fixture.address, on: loop)
            try late.send(beginning)
            let refusal = await late.readAll()
            #expect(
                refusal.hasPrefix("HTTP/1.1 503 ") && refusal.contains("no room for more requests that come in parts"))
            // A request that arrives at once needs no such room.
            let whole = try LoopCaller(fixture.address, on: loop)
            try whole.send(Self.post("whole"))
            #expect(await whole.wait(for: "WHOLE"))
            // Room comes back with the end of a request that had it.
            try callers[0].send(String(repeating: "x", count: 200))
            #expect(await callers[0].wait(for: "ABCXXX"))
            let next = try LoopCaller(fixture.address, on: loop)
            try next.send(Self.healthz + beginning)
            #expect(await next.wait(for: "ok\n"))
            try next.send(String(repeating: "x", count: 200))
            #expect(await next.wait(for: "ABCXXX"))
            withExtendedLifetime(callers) {}
        }
    }

    /// There is no room for what waits behind a request under way: its response comes, and is the last.
    @Test(arguments: [post("one"), "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"])
    func aRequestUnderWayIsAnsweredWithoutRoomForTheNext(first: String) async throws {
        let configuration = Configuration.with { $0.maxBuffered = 100 }
        try await withGateway(configuration) { fixture, loop in
            let caller = try LoopCaller(fixture.address, on: loop)
            try caller.send(first + Self.post("two"))
            let text = await caller.readAll()
            #expect(text.hasPrefix("HTTP/1.1 200 ") && text.contains("\r\nConnection: close\r\n"))
            #expect(text.split(separator: "HTTP/1.1 ").count == 1 && !text.contains("TWO"))
            // The gateway goes on.
            let other = try LoopCaller(fixture.address, on: loop)
            try other.send(Self.post("three"))
            #expect(await other.wait(for: "THREE"))
        }
    }

    /// Workers share the UDP sockets: one that gets no more uses those that it has, as soon as they are rested.
    @Test func socketsAreSharedByWorkers() async throws {
        let configuration = Configuration.with { ($0.workers, $0.maxSockets, $0.rest) = (2, 5, .milliseconds(1)) }
        try await withGateway(configuration) { fixture, loop in
            let callers = try (0..<4).map { _ in try LoopCaller(fixture.address, on: loop) }
            for number in 1...25 {
                for caller in callers { try caller.send(Self.post("one")) }
                for caller in callers { #expect(await caller.wait(for: "ONE", count: number)) }
            }
            var open = 0
            for worker in fixture.gateway.workers {
                open += await worker.counts.services[0].backends.reduce(0) { $0 + $1.counts.sockets.open }
            }
            #expect(open <= 5)
        }
    }

    /// A client that sends many requests at once takes turns with the others.
    @Test func aPipeliningClientTakesTurns() async throws {
        try await withGateway { fixture, loop in
            let (greedy, modest) = (
                try LoopCaller(fixture.address, on: loop), try LoopCaller(fixture.address, on: loop)
            )
            for caller in [greedy, modest] {
                try caller.send(Self.healthz)
                #expect(await caller.wait(for: "ok\n"))
            }
            let requests = String(repeating: "GET /none HTTP/1.1\r\nHost: a\r\n\r\n", count: 900)
            try await fixture.whileHeldUp(by: loop) {
                try greedy.send(requests)
                try modest.send(Self.healthz)
            }
            #expect(await modest.wait(for: "ok\n", count: 2))
            #expect(await greedy.wait(for: "HTTP/1.1 404", count: 900))
            // With sixteen requests at a time there are more than fifty turns.
            #expect(await fixture.gateway.workers[0].counts.http.yields >= 900 / 16)
        }
    }
}

extension GatewayFixture {
    /// How many exchanges are under way, on all workers.
    fileprivate var underWay: Int {
        get async {
            var count = 0
            for worker in gateway.workers { count += await worker.counts.services[0].inFlight }
            return count
        }
    }
}

/// A datagram that a task of a test waits for.
private final class TestBell: Sendable {
    let socket: DatagramSocket
    let isWatched = GatewayFixture.Flag()

    init() throws { socket = try DatagramSocket(boundTo: try #require(SocketAddress("127.0.0.1", port: 0))) }

    func ring() throws {
        let isSent = try socket.send([97].span, to: try socket.localAddress())
        try #require(isSent)
    }
}
