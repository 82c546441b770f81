import System
import EventLoop
import Testing

@testable import Gateway

@Suite struct SocketPoolTests {
    private func at(_ milliseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: milliseconds * 1_000_000) }

    private func makePool(_ capacity: Int = 2, spread: Int = 1) -> SocketPool {
        SocketPool(capacity: capacity, spread: spread, rest: .milliseconds(100), quarantine: .milliseconds(1000))
    }

    @Test func opensUpToItsCapacity() {
        var pool = makePool()
        #expect(pool.take(at: at(0)) == .open(0))
        #expect(pool.take(at: at(0)) == .open(1))
        #expect(pool.take(at: at(0)) == .wait)
        #expect(pool.nextRested == nil)
        #expect(pool.count == 2 && pool.busyCount == 2)
    }

    @Test func restsFirst() {
        var pool = makePool(1)
        #expect(pool.take(at: at(0)) == .open(0))
        pool.release(0, .settled, at: at(5))
        #expect(!pool.isBusy(0))
        #expect(pool.take(at: at(104)) == .wait)
        #expect(pool.nextRested == at(105))
        #expect(pool.take(at: at(105)) == .use(0))
        #expect(pool.isBusy(0))
    }

    @Test func theLongestRestedIsNext() {
        var pool = makePool(3)
        for _ in 0..<3 { _ = pool.take(at: at(0)) }
        for (index, time) in [(2, 1), (0, 2), (1, 3)] as [(Int, UInt64)] { pool.release(index, .settled, at: at(time)) }
        #expect((0..<3).map { _ in pool.take(at: at(500)) } == [.use(2), .use(0), .use(1)])
    }

    /// At a low rate a port does not come back before it has rested as long as a quarantine, as long as there are others.
    @Test func portsRestAsLongAsThereAreOthers() {
        var pool = makePool(5, spread: 3)
        for (place, time) in [0, 150, 300].enumerated() {
            #expect(pool.take(at: at(UInt64(time))) == .open(place))
            pool.release(place, .settled, at: at(UInt64(time)))
        }
        // There are as many as are opened for that: from now on a rest is enough.
        #expect(pool.take(at: at(450)) == .use(0))
        pool.release(0, .settled, at: at(450))
        #expect(pool.take(at: at(549)) == .use(1))
        #expect(pool.take(at: at(549)) == .use(2))
        // Nothing is rested, and there may be more.
        #expect(pool.take(at: at(549)) == .open(3))
    }

    /// One that has rested as long as a quarantine is used again though more might be opened.
    @Test func aLongRestedPortIsUsedBeforeANewOne() {
        var pool = makePool(9, spread: 9)
        #expect(pool.take(at: at(0)) == .open(0))
        pool.release(0, .settled, at: at(0))
        #expect(pool.take(at: at(999)) == .open(1))
        pool.release(1, .settled, at: at(999))
        #expect(pool.take(at: at(1000)) == .use(0))
    }

    @Test func afterItsQuarantineASocketHasRested() {
        var pool = makePool(1)
        _ = pool.take(at: at(0))
        pool.release(0, .unsettled, at: at(0))
        #expect(pool.quarantinedCount == 1 && pool.busyCount == 0)
        #expect(pool.take(at: at(999)) == .wait)
        #expect(pool.nextRested == at(1000))
        #expect(pool.take(at: at(1000)) == .use(0))
    }

    /// Its port may be a dead entry of a NAT: after its quarantine it is closed, and another one takes its place.
    @Test func aSilentSocketIsNotUsedAgain() {
        var pool = makePool(1)
        _ = pool.take(at: at(0))
        pool.release(0, .silent, at: at(0))
        #expect(pool.take(at: at(999)) == .wait)
        #expect(pool.retire(idle: .seconds(9), at: at(999)) == nil)
        #expect(pool.count == 1)
        #expect(pool.retire(idle: .seconds(9), at: at(1000)) == 0)
        #expect(pool.count == 0)
        #expect(pool.take(at: at(1000)) == .open(0))
        pool.release(0, .silent, at: at(1000))
        // Without a sweep, too.
        #expect(pool.take(at: at(2000)) == .open(0))
        #expect(pool.retire(idle: .seconds(9), at: at(2000)) == nil)
    }

    /// The second reply of a service that sends several: others may follow.
    @Test func aSocketThatHearsSomethingIsQuarantined() {
        var pool = makePool(2)
        _ = pool.take(at: at(0))
        pool.release(0, .settled, at: at(0))
        pool.recordDatagram(0, earliest: at(0), at: at(50))
        #expect(pool.quarantinedCount == 1)
        // Each starts the quarantine anew.
        pool.recordDatagram(0, earliest: at(0), at: at(800))
        #expect(pool.quarantinedCount == 1)
        #expect(pool.take(at: at(1799)) == .open(1))
        #expect(pool.take(at: at(1800)) == .use(0))
        // A datagram during an exchange belongs to the exchange.
        pool.recordDatagram(0, earliest: at(0), at: at(1800))
        #expect(pool.isBusy(0) && pool.quarantinedCount == 0)
    }

    /// A service whose second replies are late: all sockets rest for twice as long as the latest took.
    @Test func lateSecondRepliesLengthenTheRest() {
        var pool = makePool(2)
        _ = pool.take(at: at(0))
        _ = pool.take(at: at(0))
        for index in 0...1 { pool.release(index, .settled, at: at(10)) }
        pool.recordDatagram(0, earliest: at(210), at: at(220))
        #expect(pool.take(at: at(409)) == .wait)
        #expect(pool.nextRested == at(410))
        #expect(pool.take(at: at(410)) == .use(1))
        // No longer than a quarantine.
        pool.release(1, .settled, at: at(500))
        pool.recordDatagram(0, earliest: at(1010), at: at(1010))
        #expect(pool.take(at: at(1499)) == .wait)
        #expect(pool.take(at: at(1500)) == .use(1))
    }

    /// Neither a reply to several datagrams, nor one to none, nor what came before the exchange had ended is a second one.
    @Test(
        arguments: [(.unsettled, 900), (.silent, 900), (.settled, 10), (.settled, 60)]
            as [(SocketPool.Outcome, UInt64)])
    func whatIsNoLateSecondReplyChangesNothing(outcome: SocketPool.Outcome, earliest: UInt64) {
        var pool = makePool(2)
        _ = pool.take(at: at(0))
        _ = pool.take(at: at(0))
        pool.release(0, outcome, at: at(10))
        pool.recordDatagram(0, earliest: at(earliest), at: at(950))
        pool.release(1, .settled, at: at(950))
        #expect(pool.take(at: at(1050)) == .use(1))
    }

    /// The rest is halved when half would have done for four quarantines, down to the least.
    @Test func theRestBecomesShorterAgain() {
        var pool = makePool(1)
        _ = pool.take(at: at(0))
        pool.release(0, .settled, at: at(0))
        pool.recordDatagram(0, earliest: at(170), at: at(170))
        #expect(pool.rest == .milliseconds(340))
        // One that is earlier than the latest, for which half would not have done.
        pool.recordDatagram(0, earliest: at(90), at: at(1000))
        for (time, rest) in [(4999, 340), (5000, 170), (8999, 170), (9000, 100), (99_000, 100)] as [(UInt64, UInt64)] {
            #expect(pool.retire(idle: .seconds(999), at: at(time)) == nil)
            #expect(pool.rest == .milliseconds(rest), "at \(time)")
        }
    }

    /// A network that doubles datagrams does not use up all sockets; what may still bring a reply of its own is not used.
    @Test func aSocketOfASecondReplyIsUsedWhereThereIsNoOther() {
        var pool = makePool(3)
        for _ in 0..<3 { _ = pool.take(at: at(0)) }
        for index in 0...1 { pool.release(index, .settled, at: at(0)) }
        pool.release(2, .unsettled, at: at(0))
        for (index, time) in [(1, 10), (0, 20)] { pool.recordDatagram(index, earliest: at(0), at: at(UInt64(time))) }
        #expect(pool.quarantinedCount == 3)
        #expect(pool.take(at: at(109)) == .wait && pool.nextRested == at(110))
        #expect(pool.take(at: at(110)) == .use(1))
        #expect(pool.takeRested(at: at(119)) == nil)
        #expect(pool.takeRested(at: at(120)) == 0)
        #expect(pool.quarantinedCount == 1)
        #expect(pool.take(at: at(999)) == .wait && pool.nextRested == at(1000))
    }

    @Test func aTrialTakesANewSocket() {
        var pool = makePool(2)
        _ = pool.take(at: at(0))
        pool.release(0, .settled, at: at(0))
        #expect(pool.take(isNew: true, at: at(5000)) == .open(1))
        // At the limit a new one takes the place of a rested one.
        #expect(pool.take(isNew: true, at: at(5000)) == .open(0))
        #expect(pool.take(isNew: true, at: at(5000)) == .wait)
    }

    /// Where none can be opened after all, a rest is enough.
    @Test func aRestedOneDoesWhereNoneCanBeOpened() {
        var pool = makePool(9, spread: 9)
        #expect(pool.take(at: at(0)) == .open(0))
        pool.release(0, .settled, at: at(0))
        #expect(pool.take(at: at(100)) == .open(1))
        pool.discard(1)
        #expect(pool.takeRested(at: at(99)) == nil)
        #expect(pool.takeRested(at: at(100)) == 0)
        #expect(pool.isBusy(0) && pool.takeRested(at: at(100)) == nil)
    }

    @Test func discardedNumbersAreGivenAgain() {
        var pool = makePool(2)
        #expect(pool.take(at: at(0)) == .open(0))
        #expect(pool.take(at: at(0)) == .open(1))
        pool.discard(0)
        #expect(pool.count == 1)
        #expect(pool.take(at: at(0)) == .open(0))
    }

    @Test func retiresOnlyTheIdle() {
        var pool = makePool(3)
        for _ in 0..<3 { _ = pool.take(at: at(0)) }
        pool.release(1, .settled, at: at(0))
        pool.release(2, .unsettled, at: at(0))
        #expect(pool.retire(idle: .milliseconds(500), at: at(599)) == nil)
        #expect(pool.retire(idle: .milliseconds(500), at: at(600)) == 1)
        #expect(pool.retire(idle: .milliseconds(500), at: at(600)) == nil)
        #expect(pool.count == 2)
        #expect(pool.take(at: at(600)) == .open(1))
    }

    /// A million steps in all, against what was written down beside it.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func randomRun(seed: UInt64) throws {
        var generator = SeededGenerator(state: seed)
        let capacity = Int.random(in: 1...40, using: &generator)
        var pool = makePool(capacity, spread: Int.random(in: 1...capacity, using: &generator))
        var log = PoolLog(capacity: capacity, spread: pool.spread)
        var now: UInt64 = 0
        for step in 0..<300_000 {
            switch Int.random(in: 0..<11, using: &generator) {
            case 0..<4:
                let isNew = Int.random(in: 0..<20, using: &generator) == 0
                log.took(pool.take(isNew: isNew, at: at(now)), isNew, at: now)
            case 4..<7:
                guard let index = log.busy.randomElement(using: &generator) else { break }
                let outcome: SocketPool.Outcome =
                    [.unsettled, .silent][unchecked: Int.random(in: 0..<10, using: &generator)] ?? .settled
                pool.release(index, outcome, at: at(now))
                log.released(index, outcome, at: now)
            case 7:
                if Int.random(in: 0..<50, using: &generator) == 0, let index = log.busy.first {
                    pool.discard(index)
                    log.discarded(index)
                }
            case 8:
                let index = pool.retire(idle: .milliseconds(300), at: at(now))
                log.checkRest(pool, at: now)
                if let index { log.retired(index, at: now) }
            case 9:
                guard Int.random(in: 0..<5, using: &generator) == 0,
                    let index = log.idle.keys.sorted().randomElement(using: &generator), log.mayHear(index, at: now)
                else { break }
                pool.recordDatagram(index, earliest: at(now), at: at(now))
                log.heard(index, at: now)
            default: now += UInt64.random(in: 0...60, using: &generator)
            }
            log.check(pool)
            log.checkRest(pool, at: now)
            try #require(log.fault == nil, "step \(step)")
        }
        #expect(log.uses > 1000)
    }
}

extension Array {
    fileprivate subscript(unchecked index: Int) -> Element? { index < count ? self[index] : nil }
}

/// The calls and results of a pool, and its fault.
struct PoolLog {
    /// A socket without an exchange.
    struct Entry {
        /// Since when it rests or is in quarantine.
        var since: UInt64
        var isQuarantined = false
        var isDead = false
        /// When its exchange ended, if a second reply may come.
        var settled: UInt64?

        /// When it may be used or closed.
        func end(_ rest: UInt64) -> UInt64 { since + (isQuarantined ? 1000 : rest) }

        /// Whether nothing but a second reply put it into quarantine, and it has been silent for long enough.
        func isQuiet(_ rest: UInt64, at now: UInt64) -> Bool {
            isQuarantined && settled != nil && since + rest <= now
        }
    }

    let capacity: Int
    let spread: Int
    private var rest: UInt64 = 100
    /// The second replies of late: when each came, and how long after its exchange.
    private var seconds: [(time: UInt64, delay: UInt64)] = []
    private(set) var busy: [Int] = []
    private(set) var idle: [Int: Entry] = [:]
    private(set) var uses = 0
    private(set) var fault: String?

    init(capacity: Int, spread: Int) {
        self.capacity = capacity
        self.spread = spread
    }

    mutating func took(_ choice: SocketPool.Choice, _ isNew: Bool, at now: UInt64) {
        // One that comes out of quarantine rests behind those that rest already, and so perhaps for longer.
        let rested = idle.values.filter { !$0.isQuarantined && $0.end(rest) <= now }
        switch choice {
        case .use(let index):
            if isNew { fault = "\(index) is not new" }
            guard let entry = idle.removeValue(forKey: index) else { return fault = "\(index) was not idle" }
            let isLastResort = rested.isEmpty && isFull(at: now, besides: 1) && entry.isQuiet(rest, at: now)
            if entry.end(rest) > now && !isLastResort || entry.isDead { fault = "\(index) is used before its time" }
            if now - entry.since < 1000, busy.count + idle.count + 1 < spread {
                fault = "\(index) has rested too little"
            }
            if !entry.isQuarantined, rested.contains(where: { $0.since < entry.since }) {
                fault = "\(index) is used before its elders"
            }
            busy.append(index)
            uses += 1
        case .open(let index):
            let former = idle.removeValue(forKey: index)
            if busy.contains(index) { fault = "\(index) is opened while it is busy" }
            let isLastResort = isNew && former?.isQuiet(rest, at: now) ?? false && isFull(at: now, besides: 1)
            if let former, !isLastResort, !(former.isDead && former.end(rest) <= now),
                !(isNew && former.end(rest) <= now)
            {
                fault = "\(index) is opened in the place of one that is not done"
            }
            if !isNew, rested.contains(where: { now - $0.since >= 1000 }) { fault = "opened while one was long rested" }
            busy.append(index)
        case .wait:
            if !isFull(at: now) { fault = "waits below the capacity" }
            if !rested.isEmpty { fault = "waits while one is rested" }
            if idle.values.contains(where: { $0.isQuiet(rest, at: now) }) { fault = "waits while one is quiet" }
        }
    }

    /// Whether as many sockets are open as may be, the dead ones not counted, and so many that were just taken.
    private func isFull(at now: UInt64, besides taken: Int = 0) -> Bool {
        busy.count + taken + idle.values.count { !$0.isDead || $0.end(rest) > now } >= capacity
    }

    mutating func released(_ index: Int, _ outcome: SocketPool.Outcome, at now: UInt64) {
        busy.removeAll { $0 == index }
        switch outcome {
        case .settled: idle[index] = Entry(since: now, settled: now)
        case .unsettled: idle[index] = Entry(since: now, isQuarantined: true)
        case .silent: idle[index] = Entry(since: now, isQuarantined: true, isDead: true)
        }
    }

    /// Whether it is certain what becomes of a socket that hears something: a dead one may be closed already.
    func mayHear(_ index: Int, at now: UInt64) -> Bool {
        guard let entry = idle[index] else { return false }
        return !entry.isDead || entry.end(rest) > now
    }

    mutating func heard(_ index: Int, at now: UInt64) {
        let settled = idle[index]?.settled
        if let settled { seconds.append((now, now - settled)) }
        released(index, idle[index]?.isDead == true ? .silent : .unsettled, at: now)
        idle[index]?.settled = settled
    }

    /// Sockets rest for as long as the second replies of the last four quarantines ask for.
    mutating func checkRest(_ pool: SocketPool, at now: UInt64) {
        seconds.removeAll { $0.time + 4000 <= now }
        let needed = seconds.map { min(1000, 2 * $0.delay) }.max() ?? 0
        rest = pool.rest.nanoseconds / 1_000_000
        if rest < max(100, needed) || rest > 1000 { fault = "sockets rest for \(rest) ms and not for \(needed) ms" }
    }

    mutating func discarded(_ index: Int) { busy.removeAll { $0 == index } }

    mutating func retired(_ index: Int, at now: UInt64) {
        guard let entry = idle.removeValue(forKey: index) else { return fault = "\(index) is retired in use" }
        if entry.end(rest) + (entry.isQuarantined ? 0 : 300) > now { fault = "\(index) is retired early" }
    }

    mutating func check(_ pool: SocketPool) {
        if pool.busyCount != busy.count { fault = "the counts are wrong" }
        if pool.count > capacity { fault = "more than the capacity" }
        if !busy.allSatisfy(pool.isBusy) || idle.keys.contains(where: pool.isBusy) { fault = "the states are wrong" }
    }
}
