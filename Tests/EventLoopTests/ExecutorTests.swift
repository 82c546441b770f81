import Glibc
import System
import TestSupport
import Testing

@testable import EventLoop

@Suite(.timeLimit(.minutes(1))) struct ExecutorTests {
    private actor Resident {
        nonisolated let loop: EventLoop
        private var threads: Set<UInt> = []

        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor }

        init(loop: EventLoop) { self.loop = loop }

        func visit() -> Set<UInt> {
            threads.insert(UInt(pthread_self()))
            loop.preconditionIsHere()
            return threads
        }

        func waitHere() async {
            await loop.sleep(until: loop.now + .milliseconds(1))
            _ = visit()
        }

        /// Begins a task of the actor's own, which waits until `started` has reached the number, and then five times.
        func begin(after started: Counter, _ number: Int, raising end: Counter) {
            Task(executorPreference: loop) {
                while started.value < number { await self.loop.sleep(until: self.loop.now + .milliseconds(1)) }
                for _ in 0..<5 {
                    await self.loop.sleep(until: self.loop.now + .milliseconds(1))
                    await self.loop.yield()
                }
                end.raise()
            }
        }
    }

    @Test func aSleepEndsWithItsTask() async throws {
        try await onLoop { loop in
            let sleeper = Task(executorPreference: loop) { await loop.sleep(until: .never) }
            await loop.yield()
            sleeper.cancel()
            await sleeper.value
            let late = Task(executorPreference: loop) { await loop.sleep(until: .now() + .seconds(3000)) }
            late.cancel()
            await late.value
        }
    }

    /// The wait of an actor's task that prefers the loop ends although all threads of the global pool are busy.
    @Test(.timeLimit(.minutes(1))) func aWaitDoesNotNeedTheGlobalPool() async throws {
        let loop = try EventLoop()
        try loop.start()
        defer { loop.stop() }
        let resident = Resident(loop: loop)
        let threads = Processors.allowed.count
        let (started, end, timeouts) = (Counter(), Counter(), Counter())
        await resident.begin(after: started, threads, raising: end)
        let blockers = (0..<threads).map { _ in
            Task.detached {
                started.raise()
                // Ten seconds, after which the pool is free again and the test fails.
                for _ in 0..<10_000 where end.value == 0 { usleep(1000) }
                if end.value == 0 { timeouts.raise() }
            }
        }
        for blocker in blockers { await blocker.value }
        #expect(started.value == threads && timeouts.value == 0 && end.value == 1)
    }

    @Test func actorsLiveOnTheLoop() async throws {
        let loop = try EventLoop()
        try loop.start()
        defer { loop.stop() }
        let resident = Resident(loop: loop)
        await withTaskGroup { group in
            for _ in 0..<50 {
                group.addTask { _ = await resident.visit() }
                group.addTask { await resident.waitHere() }
                group.addTask(executorPreference: loop) { await resident.waitHere() }
            }
        }
        #expect(await resident.visit().count == 1)
    }

    @Test func tasksThatPreferTheLoopRunOnItsThread() async throws {
        let threads = try await onLoop { loop in
            await withTaskGroup { group in
                for number in 0..<20 {
                    group.addTask(executorPreference: loop) {
                        if number.isMultiple(of: 2) { await loop.sleep(until: loop.now + .milliseconds(1)) }
                        return UInt(pthread_self())
                    }
                }
                return await group.reduce(into: Set([UInt(pthread_self())])) { $0.insert($1) }
            }
        }
        #expect(threads.count == 1)
    }

    /// Many threads, many jobs: each one runs, and the loop wakes for each.
    @Test func jobsFromOtherThreads() async throws {
        let count = Counter()
        let loop = try EventLoop()
        try loop.start()
        defer { loop.stop() }
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<2000 {
                        await Task(executorPreference: loop) { count.raise() }.value
                    }
                }
            }
        }
        #expect(count.value == 16_000)
    }

    /// The loop runs another iteration while a job is left and there is nothing to wait for: no event would wake it.
    @Test(.timeLimit(.minutes(1))) func aLoopStopsWhileAJobIsLeft() async throws {
        let loop = try EventLoop()
        let count = Counter()
        Task(executorPreference: loop) {
            loop.stop()
            await loop.yield()
            count.raise()
        }
        await withCheckedContinuation { continuation in
            do {
                try Thread.start {
                    loop.run(); continuation.resume()
                }
            } catch { continuation.resume() }
        }
        #expect(count.value == 1)
    }

    @Test func aStoppedLoopFinishesItsJobs() async throws {
        let loop = try EventLoop()
        let tasks = (0..<100).map { number in Task(executorPreference: loop) { number } }
        loop.stop()
        try loop.start()
        var sum = 0
        for task in tasks { sum += await task.value }
        #expect(sum == 4950)
    }
}

extension EventLoop {
    fileprivate func preconditionIsHere() { _ = now }
}
