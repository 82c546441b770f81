import System
import Testing

@testable import EventLoop

/// A task that is about to wait may be sent round the loop once more first; whatever happens then must still wake it.
@Suite("A call that comes before the wait")
struct EarlyWakeTests {
    @Test("ends the wait at once, and only one wait")
    func suspension() async throws {
        let loop = try EventLoop()
        try loop.start()
        defer { loop.stop() }
        let wakes = await Task(executorPreference: loop) {
            let suspension = Suspension(on: loop)
            suspension.wake()
            let first = await suspension.wait(until: loop.now + .seconds(10))
            let second = await suspension.wait(until: loop.now + .milliseconds(1))
            return [first, second]
        }.value
        #expect(wakes == [.ready, .expired])
    }

    @Test("lets an actor that gives way continue", .timeLimit(.minutes(1)))
    func yields() async throws {
        let loop = try EventLoop()
        try loop.start()
        defer { loop.stop() }
        #expect(await Collector(loop: loop).yields(100) == 100)
    }

    @Test("hands over the element", arguments: 1...20)
    func element(tag: Int) async throws {
        let loop = try EventLoop()
        try loop.start()
        defer { loop.stop() }
        let collector = Collector(loop: loop)
        let taker = Task(executorPreference: loop) { await collector.next() }
        Task(executorPreference: loop) { await collector.add(tag) }
        // Ends a wait that the element did not.
        Task(executorPreference: loop) { await collector.closeLater() }
        #expect(await taker.value == tag)
    }
}

/// Keeps a queue on a loop, as its users do.
private actor Collector {
    private let loop: EventLoop
    private let ready: ReadyQueue<Int>

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor }

    init(loop: EventLoop) {
        self.loop = loop
        ready = ReadyQueue(on: loop)
    }

    func next() async -> Int? { await ready.next() }

    func add(_ tag: Int) { ready.add(tag) }

    func yields(_ count: Int) async -> Int {
        for _ in 0..<count { await loop.yield() }
        return count
    }

    func closeLater() async {
        await loop.sleep(until: loop.now + .milliseconds(500))
        ready.close()
    }
}
