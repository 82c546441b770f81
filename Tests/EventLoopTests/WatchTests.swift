import System
import TestSupport
import Testing

@testable import EventLoop

@Suite struct WatchTests {
    @Test(arguments: [(3, 1), (0, .max), (Int32.max, 7)] as [(Int32, UInt32)])
    func keys(number: Int32, generation: UInt32) {
        let watch = Watch(number: number, generation: generation)
        #expect(Watch(key: watch.key) == watch)
        #expect(watch.key != UInt64.max)
    }

    @Test func eventsOfTheFormerOwnerAreIgnored() throws {
        var table = WatchTable()
        let handler = Recorder(on: try EventLoop())
        let former = table.open(5)
        table.setHandler(handler, of: former)
        #expect(table.handler(of: former) === handler)
        let successor = table.open(5)
        #expect(former != successor)
        #expect(!table.isCurrent(former) && table.isCurrent(successor))
        #expect(table.handler(of: successor) == nil)
        table.setHandler(handler, of: former)
        #expect(table.handler(of: former) == nil && table.handler(of: successor) == nil)
        table.setHandler(handler, of: successor)
        table.setHandler(nil, of: former)
        #expect(table.handler(of: successor) === handler)
    }

    @Test func unknownNumbersAreIgnored() {
        let table = WatchTable()
        #expect(table.handler(of: Watch(number: 9, generation: 0)) == nil)
        #expect(!table.isCurrent(Watch(number: 9, generation: 0)))
    }

    /// With real descriptors: the number's new owner hears nothing of what was reported for the old one.
    @Test(.timeLimit(.minutes(1))) func aReopenedNumberStartsAfresh() async throws {
        let (early, late) = try await onLoop { loop in
            do {
                let pipe = try Pipe(readingAt: 1500)
                _ = try AsyncWatch(pipe.reading, as: .stream, on: loop)
                pipe.write([1])
                // By now the loop has the event in hand.
                await loop.sleep(until: loop.now + .milliseconds(2))
            }
            let pipe = try Pipe(readingAt: 1500)
            let new = try AsyncWatch(pipe.reading, as: .stream, on: loop)
            let early = await new.readable(until: loop.now + .milliseconds(20))
            pipe.write([3])
            return (early, await new.readable())
        }
        #expect(early == .expired)
        #expect(late == .ready)
    }
}
