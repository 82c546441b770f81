@testable import Noise
import EventLoop
import System
import TestSupport
import Testing

@testable import Datagrams

@Suite("Noise: datagrams under way")
struct NoiseHeldQueueTests {
    @Test("arrive in the order of their times, and in that of their coming where these are the same")
    func order() {
        var queue = NoiseHeldQueue<Int>(limit: 1 << 20)
        var generator = SeededGenerator(state: 4)
        var expected: [(due: Int, number: Int)] = []
        for number in 0..<1000 {
            let due = Int.random(in: 0..<20, using: &generator)
            queue.insert(number, size: 1, due: time(due))
            expected.append((due, number))
        }
        expected.sort { ($0.due, $0.number) < ($1.due, $1.number) }
        #expect(queue.nextDue == time(0))
        var taken: [Int] = []
        while let number = queue.popDue(at: time(20)) { taken.append(number) }
        #expect(taken == expected.map(\.number))
        #expect(queue.bytes == 0 && queue.nextDue == nil)
    }

    @Test("arrive at their time and not before")
    func due() {
        var queue = NoiseHeldQueue<String>(limit: 1 << 20)
        queue.insert("a", size: 1, due: time(5))
        #expect(queue.popDue(at: time(4)) == nil)
        #expect(queue.popDue(at: time(5)) == "a")
        #expect(queue.popDue(at: time(9)) == nil)
    }

    @Test("fill the memory to the byte and no further")
    func limit() {
        let overhead = NoiseHeldQueue<Int>.overhead
        var queue = NoiseHeldQueue<Int>(limit: 100 + 2 * overhead)
        queue.insert(1, size: 60, due: time(1))
        #expect(queue.hasRoom(for: 40) && !queue.hasRoom(for: 41))
        queue.insert(2, size: 40, due: time(2))
        #expect(!queue.hasRoom(for: 0))
        _ = queue.popDue(at: time(1))
        #expect(queue.hasRoom(for: 60) && !queue.hasRoom(for: 61))
    }
}

@Suite("Noise: clients")
struct NoiseClientTableTests {
    @Test("there is room for as many as the limit says", arguments: [1, 2, 100])
    func limit(limit: Int) {
        var table = NoiseClientTable<SocketAddress, Int>(limit: limit, idle: .milliseconds(10))
        for number in 0..<limit {
            #expect(!table.isFull)
            table.insert(number, for: client(number), at: time(0))
        }
        #expect(table.isFull && table.count == limit)
        #expect(table.find(client(limit - 1), at: time(1)) == limit - 1)
        #expect(table.find(client(limit), at: time(1)) == nil)
    }

    @Test("the one quiet longest makes room, of those that may")
    func eviction() {
        var table = NoiseClientTable<SocketAddress, Int>(limit: 4, idle: .seconds(10))
        for number in 0..<4 { table.insert(number, for: client(number), at: time(number)) }
        #expect(table.evict(at: time(4)) { $0 != 0 } == 1)
        table.insert(4, for: client(4), at: time(5))
        // The one that was next has been heard of meanwhile.
        _ = table.find(client(2), at: time(6))
        #expect(table.evict(at: time(7)) { $0 != 0 } == 3)
        #expect(table.evict(at: time(8)) { $0 != 0 } == 4)
        #expect(table.evict(at: time(9)) { $0 == 0 } == 0)
        #expect(table.values == [2])
    }

    @Test("after no client could make room the table is not searched for a while")
    func nobodyMayGo() {
        var table = NoiseClientTable<SocketAddress, Int>(limit: 2, idle: .seconds(10))
        for number in 0..<2 { table.insert(number, for: client(number), at: time(0)) }
        var searched = 0
        for moment in 0..<20 {
            let evicted = table.evict(at: time(moment)) { _ in
                searched += 1
                return false
            }
            #expect(evicted == nil)
        }
        #expect(searched == 4)
        #expect(table.evict(at: time(20)) { _ in true } == 0 || table.count == 1)
    }

    @Test("a quiet client expires at its time and not before; an active one stays")
    func expiry() {
        var table = NoiseClientTable<SocketAddress, Int>(limit: 2, idle: .milliseconds(10))
        #expect(table.nextExpiry == .never && table.expire(at: time(1000), where: { _ in true }).isEmpty)
        table.insert(1, for: client(1), at: time(0))
        table.insert(2, for: client(2), at: time(3))
        #expect(table.nextExpiry == time(10))
        #expect(table.expire(at: time(9), where: { _ in true }).isEmpty)
        _ = table.find(client(1), at: time(9))
        // The one who would have left first was heard of in between: the next time is the other's.
        #expect(table.expire(at: time(10), where: { _ in true }).isEmpty)
        #expect(table.nextExpiry == time(13))
        #expect(table.expire(at: time(13), where: { _ in true }) == [2])
        #expect(table.values == [1] && !table.isFull)
        #expect(table.expire(at: time(19), where: { _ in true }) == [1])
        #expect(table.count == 0 && table.nextExpiry == .never)
    }
}

private func time(_ milliseconds: Int) -> MonotonicTime {
    MonotonicTime(nanoseconds: 0) + .milliseconds(UInt64(milliseconds))
}

private func client(_ number: Int) -> SocketAddress {
    guard let address = SocketAddress("127.0.0.1", port: UInt16(1000 + number)) else { preconditionFailure("numeric") }
    return address
}
