import EventLoop
import Testing

@testable import Gateway

@Suite struct SocketRingTests {
    private func at(_ milliseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: milliseconds * 1_000_000) }

    private func makeRing(_ capacity: Int = 2) -> SocketRing {
        SocketRing(capacity: capacity, rest: .milliseconds(100), quarantine: .milliseconds(1000))
    }

    @Test func opensUpToItsCapacity() {
        var ring = makeRing()
        #expect(ring.take(at: at(0)) == .open(0))
        #expect(ring.take(at: at(0)) == .open(1))
        #expect(ring.take(at: at(0)) == .wait)
        #expect(ring.nextRested == nil)
        #expect(ring.count == 2 && ring.busyCount == 2)
    }

    @Test func restsFirst() {
        var ring = makeRing(1)
        #expect(ring.take(at: at(0)) == .open(0))
        ring.release(0, .settled, at: at(5))
        #expect(!ring.isBusy(0))
        #expect(ring.take(at: at(104)) == .wait)
        #expect(ring.nextRested == at(105))
        #expect(ring.take(at: at(105)) == .use(0))
        #expect(ring.isBusy(0))
    }

    @Test func theLongestRestedIsNext() {
        var ring = makeRing(3)
        for _ in 0..<3 { _ = ring.take(at: at(0)) }
        for (index, time) in [(2, 1), (0, 2), (1, 3)] as [(Int, UInt64)] { ring.release(index, .settled, at: at(time)) }
        #expect((0..<3).map { _ in ring.take(at: at(500)) } == [.use(2), .use(0), .use(1)])
    }

    @Test func quarantineThenRest() {
        var ring = makeRing(1)
        _ = ring.take(at: at(0))
        ring.release(0, .unsettled, at: at(0))
        #expect(ring.quarantinedCount == 1 && ring.busyCount == 0)
        #expect(ring.take(at: at(999)) == .wait)
        #expect(ring.nextRested == at(1100))
        #expect(ring.take(at: at(1099)) == .wait)
        // What was promised holds, whoever looked in between.
        #expect(ring.nextRested == at(1100))
        #expect(ring.take(at: at(1100)) == .use(0))
    }

    @Test func aPromiseHoldsForWhoeverAsksThen() {
        var ring = makeRing(1)
        _ = ring.take(at: at(0))
        ring.release(0, .unsettled, at: at(0))
        #expect(ring.nextRested == at(1100))
        #expect(ring.take(at: at(1100)) == .use(0))
    }

    @Test func discardedNumbersAreGivenAgain() {
        var ring = makeRing(2)
        #expect(ring.take(at: at(0)) == .open(0))
        #expect(ring.take(at: at(0)) == .open(1))
        ring.discard(0)
        #expect(ring.count == 1)
        #expect(ring.take(at: at(0)) == .open(0))
    }

    @Test func retiresOnlyTheIdle() {
        var ring = makeRing(3)
        for _ in 0..<3 { _ = ring.take(at: at(0)) }
        ring.release(1, .settled, at: at(0))
        ring.release(2, .unsettled, at: at(0))
        #expect(ring.retire(idle: .milliseconds(500), at: at(599)) == nil)
        #expect(ring.retire(idle: .milliseconds(500), at: at(600)) == 1)
        #expect(ring.retire(idle: .milliseconds(500), at: at(600)) == nil)
        #expect(ring.count == 2)
        #expect(ring.take(at: at(600)) == .open(1))
    }

    /// A million steps in all, against what was written down beside it.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func randomRun(seed: UInt64) throws {
        var generator = SeededGenerator(state: seed)
        let capacity = Int.random(in: 1...40, using: &generator)
        var ring = makeRing(capacity)
        var log = RingLog()
        var now: UInt64 = 0
        for step in 0..<300_000 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<4: log.took(ring.take(at: at(now)), at: now, capacity)
            case 4..<7:
                guard let index = log.busy.randomElement(using: &generator) else { break }
                let isSettled = Int.random(in: 0..<10, using: &generator) > 0
                ring.release(index, isSettled ? .settled : .unsettled, at: at(now))
                log.released(index, isSettled, at: now)
            case 7:
                if Int.random(in: 0..<50, using: &generator) == 0, let index = log.busy.first {
                    ring.discard(index)
                    log.discarded(index)
                }
            case 8:
                if let index = ring.retire(idle: .milliseconds(300), at: at(now)) { log.retired(index, at: now) }
            default: now += UInt64.random(in: 0...60, using: &generator)
            }
            log.check(ring, capacity)
            try #require(log.fault == nil, "step \(step)")
        }
        #expect(log.uses > 1000)
    }
}

/// What a ring has said and been told, and what is wrong with it.
struct RingLog {
    private(set) var busy: [Int] = []
    /// When each idle socket may be used again, and whether it was in quarantine.
    private var idle: [Int: (from: UInt64, settled: Bool)] = [:]
    private var lastUsed: UInt64 = 0
    private(set) var uses = 0
    private(set) var fault: String?

    mutating func took(_ turn: SocketRing.Turn, at now: UInt64, _ capacity: Int) {
        switch turn {
        case .use(let index):
            guard let entry = idle.removeValue(forKey: index) else { return fault = "\(index) was not idle" }
            if now < entry.from { fault = "\(index) is used before its time" }
            if entry.settled, idle.values.contains(where: { $0.settled && $0.from < entry.from }) {
                fault = "\(index) is used before its elders"
            }
            busy.append(index)
            uses += 1
        case .open(let index):
            if busy.contains(index) || idle[index] != nil { fault = "\(index) is opened twice" }
            if idle.values.contains(where: { $0.settled && $0.from <= now }) { fault = "opened while one was rested" }
            busy.append(index)
        case .wait:
            if busy.count + idle.count < capacity { fault = "waits below the capacity" }
            if idle.values.contains(where: { $0.settled && $0.from <= now }) { fault = "waits while one is rested" }
        }
    }

    mutating func released(_ index: Int, _ isSettled: Bool, at now: UInt64) {
        busy.removeAll { $0 == index }
        idle[index] = (now + (isSettled ? 100 : 1100), isSettled)
    }

    mutating func discarded(_ index: Int) { busy.removeAll { $0 == index } }

    mutating func retired(_ index: Int, at now: UInt64) {
        guard let entry = idle.removeValue(forKey: index) else { return fault = "\(index) is retired in use" }
        if entry.from + 300 > now { fault = "\(index) is retired early" }
    }

    mutating func check(_ ring: SocketRing, _ capacity: Int) {
        if ring.count != busy.count + idle.count || ring.busyCount != busy.count { fault = "the counts are wrong" }
        if ring.count > capacity { fault = "more than the capacity" }
        if !busy.allSatisfy(ring.isBusy) || idle.keys.contains(where: ring.isBusy) { fault = "the states are wrong" }
    }
}
