import System
import TestSupport
import Testing

@testable import EventLoop

extension TimerWheel {
    /// Moves the present and hands out all that is due.
    fileprivate mutating func advance(to tick: UInt64, _ expire: (Payload) -> Void) {
        while let payload = takeNext(until: tick) { expire(payload) }
    }
}

@Suite struct TimerWheelTests {
    /// The behaviour of a wheel, implemented in the simplest way.
    private struct Model {
        var pending: [Int: (tick: UInt64, key: TimerWheel<Int>.Key)] = [:]
        var order: [Int] = []

        mutating func remove(_ id: Int) {
            pending[id] = nil
        }
    }

    /// A random jump: mostly small, sometimes across all wheels.
    private func jump(_ generator: inout SeededGenerator) -> UInt64 {
        let bits = UInt64.random(in: 0...39, using: &generator)
        return UInt64.random(in: 0...(1 << bits), using: &generator)
    }

    /// Nothing early, nothing lost, in order, and the slots of what has gone are used again.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func randomRun(seed: UInt64) throws {
        var generator = SeededGenerator(state: seed)
        var present = UInt64.random(in: 0...(1 << 40), using: &generator)
        var wheel = TimerWheel<Int>(at: present)
        var model = Model()
        var (next, faults) = (0, 0)
        for step in 0..<300_000 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<5 where model.pending.count < 60:
                let tick = present &+ jump(&generator)
                model.pending[next] = (max(tick, present + 1), wheel.insert(at: tick, next))
                model.order.append(next)
                next += 1
            case 5..<7:
                guard let index = model.order.indices.randomElement(using: &generator) else { continue }
                let id = model.order.remove(at: index)
                guard let entry = model.pending.removeValue(forKey: id) else { continue }
                wheel.cancel(entry.key)
            default:
                let to = Bool.random(using: &generator) ? (wheel.next ?? present) : present + jump(&generator)
                faults += advance(&wheel, &model, to: max(present, to))
                present = max(present, to)
            }
            if let earliest = wheel.next, earliest <= present { faults += 1 }
            if (wheel.next == nil) != model.pending.isEmpty { faults += 1 }
            try #require(faults == 0, "step \(step)")
        }
        faults += advance(&wheel, &model, to: present + 1 << 41)
        #expect(faults == 0)
        #expect(wheel.next == nil && model.pending.isEmpty)
    }

    /// A cancelled entry wakes no task: the wheel goes on to the entry after it.
    @Test func cancelled() {
        var wheel = TimerWheel<Int>(at: 0)
        let late = wheel.insert(at: 100, 1)
        let early = wheel.insert(at: 5, 2)
        #expect(wheel.next == 5)
        wheel.cancel(early)
        // The beginning of the slot that the other lies in.
        #expect(wheel.next == 64)
        wheel.cancel(late)
        #expect(wheel.next == nil)
    }

    /// Compares one advance with the model; tells how many things were wrong.
    private func advance(_ wheel: inout TimerWheel<Int>, _ model: inout Model, to tick: UInt64) -> Int {
        let promised = wheel.next
        var expired: [Int] = []
        wheel.advance(to: tick) { expired.append($0) }
        var faults = 0
        var last: UInt64 = 0
        for id in expired {
            guard let entry = model.pending[id] else { return 1 }
            if entry.tick > tick || entry.tick < last { faults += 1 }
            // The wheel named a time to look again that was not after the first entry.
            if let promised, promised > entry.tick { faults += 1 }
            last = entry.tick
            model.remove(id)
        }
        model.order.removeAll { model.pending[$0] == nil }
        if model.pending.values.contains(where: { $0.tick <= tick }) { faults += 1 }
        return faults
    }

    @Test(
        arguments: [
            0, 1, 62, 63, 64, 65, 4095, 4096, 4097, 1 << 18, 1 << 24, 1 << 30, 1 << 36 - 1, 1 << 36, 1 << 36 + 1,
            1 << 42,
        ] as [UInt64])
    func exactlyInTime(distance: UInt64) {
        for present in [0, 1, 63, 64, 4095, 1 << 36 - 1, 123_456_789_012] as [UInt64] {
            var wheel = TimerWheel<Int>(at: present)
            _ = wheel.insert(at: present + distance, 7)
            var expired: [Int] = []
            let due = max(present + distance, present + 1)
            if due > present + 1 { wheel.advance(to: due - 1) { expired.append($0) } }
            #expect(expired.isEmpty, "\(present)")
            wheel.advance(to: due) { expired.append($0) }
            #expect(expired == [7], "\(present)")
        }
    }

    /// The wheel's memory follows what is pending, not what has been.
    @Test func entriesAreUsedAgain() {
        var wheel = TimerWheel<Int>(at: 0)
        for round in 0..<10_000 as Range<UInt64> {
            let keys = (0..<8).map { wheel.insert(at: round + 5000, $0) }
            keys.forEach { wheel.cancel($0) }
            wheel.advance(to: round) { _ in Issue.record("nothing is pending") }
        }
        let entries = Mirror(reflecting: wheel).children.first { $0.label == "entries" }
        #expect(entries.map { Mirror(reflecting: $0.value).children.count } == 8)
    }

    /// The receiver of one entry may add and cancel others before the next.
    @Test func entriesChangeBetweenTwo() {
        var wheel = TimerWheel<Int>(at: 0)
        let keys = (0..<4).map { wheel.insert(at: 70, $0) }
        var order: [Int] = []
        var present: [UInt64] = []
        while let payload = wheel.takeNext(until: 200) {
            order.append(payload)
            present.append(wheel.present)
            guard order.count == 1 else { continue }
            // Entries of one tick come in no particular order.
            wheel.cancel(keys[(payload + 1) % 4])
            _ = wheel.insert(at: 5, 10)
            _ = wheel.insert(at: 134, 11)
            _ = wheel.insert(at: 201, 12)
        }
        #expect(order.count == 5 && Set(order[..<3]) == Set(0..<4).subtracting([(order[0] + 1) % 4]))
        #expect(Array(order[3...]) == [10, 11])
        #expect(present == [70, 70, 70, 71, 134])
        #expect(wheel.next == 201 && wheel.present == 200)
    }

    @Test func payloadsAreLetGo() {
        final class Payload {}
        var wheel = TimerWheel<Payload>(at: 0)
        weak var cancelled: Payload?
        weak var expired: Payload?
        do {
            let (one, other) = (Payload(), Payload())
            (cancelled, expired) = (one, other)
            wheel.cancel(wheel.insert(at: 10, one))
            _ = wheel.insert(at: 10, other)
        }
        #expect(cancelled == nil)
        #expect(expired != nil)
        wheel.advance(to: 10) { _ in }
        #expect(expired == nil)
    }
}
