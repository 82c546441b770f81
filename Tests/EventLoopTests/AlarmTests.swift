import System
import TestSupport
import Testing

@testable import EventLoop

/// A wait's timer must neither cut a later wait short nor let it last, and none outlives its wait.
@Suite(.timeLimit(.minutes(1))) struct AlarmTests {
    /// Waits for a byte that another task writes meanwhile.
    private static func waitForByte(
        _ pipe: borrowing Pipe, _ watch: AsyncWatch, until deadline: MonotonicTime, on loop: EventLoop
    ) async -> Wake {
        let number = pipe.writing.number
        let writing = Task(executorPreference: loop) { writeByte(to: number) }
        let wake = await watch.readable(until: deadline)
        await writing.value
        pipe.read()
        return wake
    }

    @Test func aShorterWaitEndsInTime() async throws {
        let wakes = try await onLoop { loop in
            let pipe = try Pipe()
            let watch = try AsyncWatch(pipe.reading, as: .stream, on: loop)
            let first = await Self.waitForByte(pipe, watch, until: loop.now + .seconds(3600), on: loop)
            return [first, await watch.readable(until: loop.now + .milliseconds(5))]
        }
        #expect(wakes == [.ready, .expired])
    }

    @Test func aLongerWaitIsNotCutShort() async throws {
        let (wakes, isEarly, isEndless) = try await onLoop { loop in
            let pipe = try Pipe()
            let watch = try AsyncWatch(pipe.reading, as: .stream, on: loop)
            let first = await Self.waitForByte(pipe, watch, until: loop.now + .milliseconds(400), on: loop)
            // Begun before the first one's timer goes off.
            let deadline = loop.now + .milliseconds(600)
            let second = await watch.readable(until: deadline)
            let isEarly = loop.now < deadline
            let third = await Self.waitForByte(pipe, watch, until: loop.now + .milliseconds(20), on: loop)
            let late = Task(executorPreference: loop) {
                await loop.sleep(until: loop.now + .milliseconds(100))
                pipe.write([1])
            }
            let endless = await watch.readable()
            await late.value
            return ([first, second, third], isEarly, endless == .ready)
        }
        #expect(wakes == [.ready, .expired, .ready])
        #expect(!isEarly)
        #expect(isEndless)
    }

    @Test func noTimerOutlivesItsWait() async throws {
        let outlived = try await onLoop { loop in
            var outlived = 0
            for _ in 0..<20 {
                // The number of the one that was closed a moment ago.
                let pipe = try Pipe(readingAt: 1501)
                let watch = try AsyncWatch(pipe.reading, as: .stream, on: loop)
                for round in 1...20 as ClosedRange<UInt64> {
                    // In turn shorter and longer than the one before.
                    let deadline = loop.now + .seconds(3600 + round % 3)
                    _ = await Self.waitForByte(pipe, watch, until: deadline, on: loop)
                    if loop.hasTimers { outlived += 1 }
                }
            }
            return outlived
        }
        #expect(outlived == 0)
    }

    /// A deadline moves forward only: the earlier of two bounds counts, in either order, and a cleared one is none.
    @Test(arguments: [[10, 3_600_000], [3_600_000, 10], [10]] as [[UInt64]])
    func aDeadlineIsShortened(bounds: [UInt64]) async throws {
        let hasPassed = try await onLoop { loop in
            let handler = ShortenedDeadline(on: loop)
            handler.deadline.set(loop.now + .milliseconds(1), for: handler, on: loop)
            handler.deadline.clear()
            for bound in bounds {
                handler.deadline.shorten(to: loop.now + .milliseconds(bound), for: handler, on: loop)
            }
            while !handler.hasPassed { await loop.sleep(until: loop.now + .milliseconds(1)) }
            return loop.now >= handler.start + .milliseconds(10)
        }
        #expect(hasPassed)
    }
}

/// Hears of its deadline.
private final class ShortenedDeadline: DeadlineHandler {
    var deadline = Deadline()
    private(set) var hasPassed = false
    let start: MonotonicTime
    private let loop: EventLoop

    init(on loop: EventLoop) { (self.loop, start) = (loop, loop.now) }

    func alarm() { if deadline.hasPassed(for: self, on: loop) { hasPassed = true } }
}
