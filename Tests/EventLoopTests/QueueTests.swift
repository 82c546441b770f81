import Glibc
import System
import Testing

@testable import EventLoop

@Suite(.timeLimit(.minutes(1))) struct QueueTests {
    /// The record of one loop's tasks, in order.
    private final class Notes {
        var lines: [String] = []
    }

    private actor Room {
        nonisolated let loop: EventLoop
        private let queue: WaitQueue
        private var notes: [String] = []

        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor }

        init(loop: EventLoop) {
            self.loop = loop
            queue = WaitQueue(on: loop)
        }

        /// Waits for its turn and writes its name down.
        func stand(_ name: String, turns: Int = 1, until deadline: MonotonicTime = .never) async {
            let place = queue.join()
            defer { queue.leave(place) }
            notes.append("+\(name)")
            for _ in 0..<turns {
                let wake = await place.wait(until: deadline)
                notes.append(wake == .ready ? name : "\(name)!")
                if wake == .expired { return }
            }
        }

        func call() { queue.wakeFirst() }
        var isEmpty: Bool { queue.isEmpty }
        var seen: [String] { notes }
        var waiting: Int { notes.count { $0.hasPrefix("+") } }
    }

    private func enter(_ room: Room, _ names: [String], turns: Int = 1) async -> [Task<Void, Never>] {
        var tasks: [Task<Void, Never>] = []
        for name in names {
            let before = await room.waiting
            tasks.append(Task { await room.stand(name, turns: turns) })
            while await room.waiting == before { await Task.yield() }
        }
        return tasks
    }

    @Test func firstComeFirstServed() async throws {
        let loop = try EventLoop()
        try loop.start()
        defer { loop.stop() }
        let room = Room(loop: loop)
        let tasks = await enter(room, ["a", "b", "c", "d"])
        // A task that leaves calls the next one.
        await room.call()
        for task in tasks { await task.value }
        #expect(await room.seen == ["+a", "+b", "+c", "+d", "a", "b", "c", "d"])
        #expect(await room.isEmpty)
    }

    @Test func theFirstKeepsItsPlace() async throws {
        let loop = try EventLoop()
        try loop.start()
        defer { loop.stop() }
        let room = Room(loop: loop)
        let tasks = await enter(room, ["a", "b"], turns: 2)
        for _ in 0..<1000 where await !room.isEmpty { await room.call() }
        for task in tasks { await task.value }
        #expect(await room.seen == ["+a", "+b", "a", "a", "b", "b"])
    }

    @Test func deadlines() async throws {
        let loop = try EventLoop()
        try loop.start()
        defer { loop.stop() }
        let room = Room(loop: loop)
        let patient = await enter(room, ["a"])
        await room.stand("b", until: MonotonicTime.now() + .milliseconds(5))
        #expect(await room.seen == ["+a", "+b", "b!"])
        let last = await enter(room, ["c"])
        await room.call()
        for task in patient + last { await task.value }
        #expect(await room.seen == ["+a", "+b", "b!", "+c", "a", "c"])
    }

    @Test func wakingAnEmptyQueueIsNothing() async throws {
        try await onLoop { loop in
            let queue = WaitQueue(on: loop)
            queue.wakeFirst()
            let place = queue.join()
            #expect(queue.isFirst(place))
            queue.leave(place)
            queue.leave(place)
            #expect(queue.isEmpty)
        }
    }

    @Test func whatIsReadyComesInOrder() async throws {
        let tags = try await onLoop { loop in
            let ready = ReadyQueue<Int>(on: loop)
            for tag in 1...3 { ready.add(tag) }
            var tags: [Int?] = []
            for _ in 0..<3 { tags.append(await ready.next()) }
            ready.add(4)
            ready.close()
            ready.add(5)
            tags.append(await ready.next())
            tags.append(await ready.next())
            return tags
        }
        #expect(tags == [1, 2, 3, 4, nil])
    }

    /// With real datagrams: a socket without a waiting task tells its handler.
    @Test func whatRealSocketsReport() async throws {
        let report = try await onLoop { loop in
            let any = try #require(SocketAddress("127.0.0.1", port: 0))
            let server = try DatagramSocket(boundTo: any)
            let client = try DatagramSocket(connectedTo: try server.localAddress())
            let recorder = Recorder(on: loop)
            let watch = try loop.watch(server.descriptor, as: .datagrams, handler: recorder)
            _ = try client.send([1].span)
            defer { loop.release(watch) }
            return await recorder.reports.next()
        }
        #expect(report == .toRead)
    }
}
