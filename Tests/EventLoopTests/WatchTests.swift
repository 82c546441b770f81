import CLinux
import Glibc
import System
import Testing

@testable import EventLoop

@Suite struct WatchTests {
    /// A watch table that a test can ask.
    private final class Table {
        private var table = WatchTable()

        func open(_ number: Int32) -> Watch { table.open(number).watch }
        func isCurrent(_ watch: Watch) -> Bool { table.isCurrent(watch) }
        func takeReadable(_ watch: Watch) -> Bool { table.takeReadable(watch) }
        func hasWaiter(_ watch: Watch) -> Bool { table.unpark(watch) != nil }
        /// Whether the report wakes a task.
        func report(_ readiness: Readiness, of watch: Watch) -> Bool { table.report(readiness, of: watch) != nil }
    }

    @Test(
        arguments: [
            (EPOLLIN.rawValue, 1), (EPOLLOUT.rawValue, 2), (EPOLLERR.rawValue, 3),
            (EPOLLIN.rawValue | EPOLLOUT.rawValue, 3), (0, 0),
        ] as [(UInt32, UInt8)])
    func flags(epoll: UInt32, readiness: UInt8) {
        #expect(Readiness(epoll: epoll).rawValue == readiness)
    }

    @Test(arguments: [(3, 1), (0, .max), (Int32.max, 7)] as [(Int32, UInt32)])
    func keys(number: Int32, generation: UInt32) {
        let watch = Watch(number: number, generation: generation)
        #expect(Watch(key: watch.key) == watch)
        #expect(watch.key != UInt64.max)
    }

    @Test func readinessIsUsedUpOnce() {
        let table = Table()
        let watch = table.open(5)
        #expect(!table.takeReadable(watch))
        #expect(!table.report([.toRead, .toWrite], of: watch))
        #expect(table.takeReadable(watch))
        #expect(!table.takeReadable(watch))
    }

    /// There is nothing more to read, and the next call says so, again and again.
    @Test(arguments: [EPOLLRDHUP.rawValue, EPOLLHUP.rawValue]) func theEndStaysReadable(end: UInt32) {
        let table = Table()
        let watch = table.open(5)
        let ended = Readiness(epoll: EPOLLIN.rawValue | EPOLLOUT.rawValue | end)
        #expect(!table.report(ended, of: watch))
        for _ in 0..<3 { #expect(table.takeReadable(watch)) }
    }

    @Test func eventsOfTheFormerOwnerAreIgnored() {
        let table = Table()
        let former = table.open(5)
        let successor = table.open(5)
        #expect(former != successor)
        #expect(!table.isCurrent(former) && table.isCurrent(successor))
        #expect(!table.report(.toRead, of: former))
        #expect(!table.takeReadable(successor))
        #expect(!table.report(.toRead, of: successor))
        #expect(!table.takeReadable(former))
        #expect(!table.hasWaiter(former))
        #expect(table.takeReadable(successor))
    }

    @Test func unknownNumbersAreIgnored() {
        let table = Table()
        #expect(!table.report(.toRead, of: Watch(number: 9, generation: 0)))
        #expect(!table.isCurrent(Watch(number: 9, generation: 0)))
    }

    /// With real descriptors: the number's new owner hears nothing of what was reported for the old one.
    @Test(.timeLimit(.minutes(1))) func aReopenedNumberStartsAfresh() async throws {
        let (old, new, early, late) = try await onLoop { loop in
            let old: Watch
            do {
                let pipe = try Pipe(readingAt: 1500)
                old = try loop.watch(pipe.reading, as: .stream)
                pipe.write([1])
                // By now the loop has the event in hand.
                await loop.sleep(until: loop.now + .milliseconds(2))
            }
            let pipe = try Pipe(readingAt: 1500)
            let new = try loop.watch(pipe.reading, as: .stream)
            let early = await loop.readable(new, until: loop.now + .milliseconds(20))
            loop.interrupt(old)
            pipe.write([3])
            return (old, new, early, await loop.readable(new))
        }
        #expect(old.number == new.number && old != new)
        #expect(early == .expired)
        #expect(late == .ready)
    }
}
