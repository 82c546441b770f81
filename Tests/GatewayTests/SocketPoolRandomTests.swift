import EventLoop
import System
import TestSupport
import Testing

@testable import Gateway

/// A pool of so many sockets, which rest for 100 ms and are in quarantine for a second.
func makePool(_ capacity: Int = 2, spread: Int = 1) -> SocketPool {
    SocketPool(capacity: capacity, spread: spread, rest: .milliseconds(100), quarantine: .milliseconds(1000))
}

/// Random calls of a pool, each compared with a log that is kept beside it.
@Suite struct SocketPoolRandomTests {
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
                    let index = log.idle.keys.sorted().randomElement(using: &generator), log.mayReceive(index, at: now)
                else { break }
                pool.recordDatagram(index, earliest: at(now), at: at(now))
                log.received(index, at: now)
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

    /// Whether it is certain what becomes of a socket that receives something: a dead one may be closed already.
    func mayReceive(_ index: Int, at now: UInt64) -> Bool {
        guard let entry = idle[index] else { return false }
        return !entry.isDead || entry.end(rest) > now
    }

    mutating func received(_ index: Int, at now: UInt64) {
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
        if pool.count > capacity { fault = "more than the capacity" }
        if !busy.allSatisfy(pool.isBusy) || idle.keys.contains(where: pool.isBusy) { fault = "the states are wrong" }
    }
}
