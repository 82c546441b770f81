import Glibc
import System
import Synchronization
import TestSupport
import Testing

@testable import EventLoop

@Suite(.timeLimit(.minutes(1))) struct EventLoopTests {
    private struct Mistake: Error, Equatable {
        let number: Int
    }

    @Test func theProgramsErrorIsThrown() async throws {
        let outcome = await Self.onThread { try EventLoop.run { _ in throw Mistake(number: 7) } }
        #expect(throws: Mistake(number: 7)) { try outcome.get() }
    }

    @Test func theProgramRunsToItsEnd() async throws {
        let count = Counter()
        let outcome = await Self.onThread {
            try EventLoop.run { loop in
                for _ in 0..<3 {
                    await loop.sleep(until: loop.now + .milliseconds(1))
                    count.raise()
                }
            }
        }
        try outcome.get()
        #expect(count.value == 3)
    }

    private static func onThread(_ body: @escaping @Sendable () throws -> Void) async -> Result<Void, any Error> {
        await withCheckedContinuation { continuation in
            do { try Thread.start { continuation.resume(returning: Result { try body() }) } } catch {
                continuation.resume(returning: .failure(error))
            }
        }
    }

    @Test func aLoopHasNotSleptBeforeItBegins() async throws {
        let loop = try EventLoop()
        let moment = MonotonicTime.now()
        try loop.start()
        let now = await Task(executorPreference: loop) { loop.now }.value
        loop.stop()
        #expect(now >= moment)
    }

    @Test func readable() async throws {
        let wakes = try await onLoop { loop in
            let pipe = try Pipe()
            let watch = try AsyncWatch(pipe.reading, as: .stream, on: loop)
            var wakes = [await watch.readable(until: loop.now + .milliseconds(5))]
            pipe.write([1])
            wakes.append(await watch.readable())
            pipe.read()
            wakes.append(await watch.readable(until: loop.now + .milliseconds(5)))
            return wakes
        }
        #expect(wakes == [.expired, .ready, .expired])
    }

    @Test func readinessBeforeTheWaitIsNotLost() async throws {
        let wakes = try await onLoop { loop in
            let pipe = try Pipe()
            let watch = try AsyncWatch(pipe.reading, as: .stream, on: loop)
            pipe.write([1])
            await loop.sleep(until: loop.now + .milliseconds(5))
            return [
                await watch.readable(until: loop.now + .milliseconds(5)),
                await watch.readable(until: loop.now + .milliseconds(5)),
            ]
        }
        #expect(wakes == [.ready, .expired])
    }

    @Test func theEndStaysReady() async throws {
        let wakes = try await onLoop { loop in
            let watch: AsyncWatch
            let reading: Descriptor
            do {
                let pipe = try Pipe()
                reading = Descriptor(owning: fcntl(pipe.reading.number, F_DUPFD_CLOEXEC, 0))
                watch = try AsyncWatch(reading, as: .stream, on: loop)
            }
            var wakes: [Wake] = []
            for _ in 0..<3 { wakes.append(await watch.readable(until: loop.now + .milliseconds(50))) }
            _ = reading.number
            return wakes
        }
        #expect(wakes == [.ready, .ready, .ready])
    }

    @Test func keptReadinessCounts() async throws {
        let wakes = try await onLoop { loop in
            let pipe = try Pipe()
            let watch = try AsyncWatch(pipe.reading, as: .stream, on: loop)
            var wakes = [await watch.readable(until: loop.now)]
            watch.keepReadable()
            for _ in 0..<2 { wakes.append(await watch.readable(until: loop.now)) }
            return wakes
        }
        #expect(wakes == [.expired, .ready, .expired])
    }

    /// The loop reports a further datagram only where datagrams are taken one at a time.
    @Test(arguments: [WatchKind.datagrams, .singleDatagrams])
    func whatIsLeftBehind(kind: WatchKind) async throws {
        try await onLoop { loop in
            let any = try #require(SocketAddress("127.0.0.1", port: 0))
            let receiver = try DatagramSocket(boundTo: any)
            let sender = try DatagramSocket(connectedTo: try receiver.localAddress())
            let watch = try AsyncWatch(receiver.descriptor, as: kind, on: loop)
            var bytes: [UInt8] = [0]
            for number in 1...3 { _ = try sender.send([UInt8(number)].span) }
            #expect(await watch.readable() == .ready)
            #expect(try receiver.receive(into: &bytes, 0..<1) == 1)
            let isToldAgain = kind == .singleDatagrams
            let wake = await watch.readable(until: loop.now + .milliseconds(5))
            #expect(wake == (isToldAgain ? .ready : .expired))
            #expect(receiver.drain().datagrams == 2)
        }
    }

    /// A task that always finds something to read does not keep the others from their turn.
    @Test func nobodyStarves() async throws {
        let rounds = try await onLoop { loop in
            let pipe = try Pipe()
            let watch = try AsyncWatch(pipe.reading, as: .stream, on: loop)
            let isDone = Mutex(false)
            let other = Task(executorPreference: loop) {
                await loop.sleep(until: loop.now + .milliseconds(1))
                isDone.withLock { $0 = true }
            }
            var rounds = 0
            while !isDone.withLock({ $0 }), rounds < 2_000_000 {
                watch.keepReadable()
                _ = await watch.readable()
                rounds += 1
            }
            await other.value
            return rounds
        }
        #expect(rounds < 2_000_000)
    }

    @Test func aWaitIsNeverEarly() async throws {
        let early = try await onLoop { loop in
            var early = 0
            for step in 0..<50 as Range<UInt64> {
                let deadline = MonotonicTime.now() + Interval(nanoseconds: step * 100_000)
                await loop.sleep(until: deadline)
                if MonotonicTime.now() < deadline { early += 1 }
            }
            return early
        }
        #expect(early == 0)
    }

    /// Where the task is cancelled before its wait, and where it is cancelled meanwhile.
    @Test func cancellationEndsTheWait() async throws {
        let count = try await onLoop { loop in
            var count = 0
            for _ in 0..<100 {
                let pipe = try Pipe()
                let number = pipe.reading.number
                let waiter = Task(executorPreference: loop) {
                    let watch = try AsyncWatch(Descriptor(owning: dup(number)), as: .stream, on: loop)
                    return await watch.readable()
                }
                // From another thread, now early and now late.
                Task.detached { waiter.cancel() }
                if try await waiter.value == .cancelled { count += 1 }
            }
            return count
        }
        #expect(count == 100)
    }
}
