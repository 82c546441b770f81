import System
import Testing

@testable import EventLoop

/// A task that is about to wait may be sent round the loop once more first; whatever happens then must still wake it.
@Suite("A call that comes before the wait")
struct EarlyWakeTests {
    @Test("ends the wait for a turn at once, and only one wait")
    func place() async throws {
        let loop = try EventLoop()
        try loop.start()
        defer { loop.stop() }
        let wakes = await Task(executorPreference: loop) {
            let queue = WaitQueue(on: loop)
            let place = queue.join()
            queue.wakeFirst()
            let first = await place.wait(until: loop.now + .seconds(10))
            let second = await place.wait(until: loop.now + .milliseconds(1))
            return [first, second]
        }.value
        #expect(wakes == [.ready, .expired])
    }

    @Test("hands over the stray", arguments: 1...20)
    func stray(tag: Int) async throws {
        let loop = try EventLoop()
        try loop.start()
        defer { loop.stop() }
        let collector = Collector(loop: loop)
        let taker = Task(executorPreference: loop) { await collector.next() }
        Task(executorPreference: loop) { await collector.add(tag) }
        // Ends a wait that the stray did not.
        Task(executorPreference: loop) { await collector.closeLater() }
        #expect(await taker.value == tag)
    }

    @Test(
        "is collected by whoever begins to collect after it",
        arguments: [([.toRead], 7), ([.toRead, .ended], 7), ([.toWrite], nil), ([], nil)] as [(Readiness, Int?)])
    func collected(before: Readiness, expected: Int?) async throws {
        var table = WatchTable()
        let (watch, _) = table.open(3, strays: nil, tag: 0)
        _ = table.report(before, of: watch)
        let strays = Strays(on: try EventLoop())
        table.collect(watch, in: strays, tag: 7)
        // What has been collected is handed out all the same.
        strays.close()
        #expect(await strays.next() == expected)
    }
}

/// Keeps strays on a loop, as their users do.
private actor Collector {
    private let loop: EventLoop
    private let strays: Strays

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor }

    init(loop: EventLoop) {
        self.loop = loop
        strays = Strays(on: loop)
    }

    func next() async -> Int? { await strays.next() }

    func add(_ tag: Int) { strays.add(tag) }

    func closeLater() async {
        await loop.sleep(until: loop.now + .milliseconds(500))
        strays.close()
    }
}
