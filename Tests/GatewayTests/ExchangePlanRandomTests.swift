import EventLoop
import System
import TestSupport
import Testing

@testable import Gateway

/// A backend of a test.
struct Candidate: ExchangeCandidate {
    let id: Int
    var inFlight = 0
    var lastReply = MonotonicTime(nanoseconds: 0)
    var isUp = true

    func isPreferred(at now: MonotonicTime) -> Bool { isUp }
}

/// Plans with random events, each compared with what always holds.
@Suite struct ExchangePlanRandomTests {
    /// Plans with random events, two million steps in all, against what must always hold.
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func randomRuns(seed: UInt64) throws {
        var generator = SeededGenerator(state: seed)
        var steps = 0
        var endings: Set<String> = []
        while steps < 500_000 {
            var run = Run(&generator)
            while run.ending == nil {
                run.step(&generator)
                steps += 1
                try #require(run.fault == nil, "step \(steps): \(run)")
            }
            endings.insert("\(String(describing: run.ending))")
        }
        #expect(endings.count == 5, "\(endings)")
    }

    /// One plan, and what was seen of it.
    struct Run {
        private let attempts: Int
        private let deadline: UInt64
        private var backends: [Candidate]
        private var plan: ExchangePlan
        private var action: ExchangePlan.Action
        private var now: UInt64 = 0
        private var present: Int?
        private var sent = 0
        private var refused = 0
        private var shrunk = 0
        private var budget: Int
        private var withdrawn = 0
        private var sentHere = 0
        private(set) var ending: String?
        private(set) var fault: String?

        init(_ generator: inout SeededGenerator) {
            attempts = Int.random(in: 1...5, using: &generator)
            deadline = UInt64.random(in: 1...500, using: &generator)
            budget = Int.random(in: 0...5, using: &generator)
            backends = (0..<Int.random(in: 0...6, using: &generator)).map { id in
                Candidate(id: id, inFlight: id % 3, isUp: Bool.random(using: &generator))
            }
            plan = ExchangePlan()
            plan.begin(maxAttempts: attempts, deadline: at(deadline))
            action = plan.choose(among: backends, rotation: 3, at: MonotonicTime(nanoseconds: 0))
        }

        private var time: MonotonicTime { at(now) }

        mutating func step(_ generator: inout SeededGenerator) {
            // Names may move at any moment, but not between a choice and what is done about it.
            var mayMove = true
            if case .attempt = action { mayMove = false }
            if mayMove, Int.random(in: 0..<50, using: &generator) == 0 {
                backends = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
                    Candidate(id: Int.random(in: 0...40, using: &generator))
                }
            }
            switch action {
            case .attempt(let index, _):
                present = backends[index].id
                sentHere = 0
                send(&generator)
            case .sendAgain: send(&generator)
            case .retry(let time): retry(time, &generator)
            case .wait(let time): wait(time, &generator)
            case .fail(let reason): end(reason)
            }
            check()
        }

        private mutating func send(_ generator: inout SeededGenerator) {
            switch Int.random(in: 0..<12, using: &generator) {
            case 0: action = plan.blocked(at: time)
            case 1: refuse(isReported: false)
            default:
                sent += 1
                sentHere += 1
                action = plan.sent(at: time, pause: .milliseconds(UInt64.random(in: 0...200, using: &generator)))
                guard case .wait = action else { return fault = "a datagram that has left is waited for" }
            }
        }

        private mutating func retry(_ time: MonotonicTime, _ generator: inout SeededGenerator) {
            if time.nanoseconds / 1_000_000 > deadline { fault = "tries after the deadline" }
            now = max(now, time.nanoseconds / 1_000_000)
            if now >= deadline { action = plan.blocked(at: self.time) } else { send(&generator) }
        }

        private mutating func wait(_ end: MonotonicTime, _ generator: inout SeededGenerator) {
            if end.nanoseconds / 1_000_000 > deadline { fault = "waits beyond the deadline" }
            switch Int.random(in: 0..<10, using: &generator) {
            case 0:
                ending = "reply"
                let isSingle = plan.outcomeOfReply == .settled
                if isSingle != (sentHere == 1) {
                    fault = "\(sentHere) datagrams left the socket \(plan.outcomeOfReply)"
                }
            case 1..<4: refuse(isReported: true)
            case 4 where sentHere > 0:
                let before = (sent, shrunk)
                action = plan.pathShrank(at: time)
                if case .sendAgain = action {
                    shrunk += 1
                    sentHere -= 1
                }
                if before.1 == 4, shrunk > 4 { fault = "a path shrinks for ever" }
            default:
                now = max(now, end.nanoseconds / 1_000_000)
                action = plan.paused(among: backends, rotation: sent, at: time) {
                    withdrawn += 1
                    return withdrawn <= budget
                }
            }
        }

        /// - `isReported`: whether the network says so of a datagram that had left; otherwise this host refuses the next.
        private mutating func refuse(isReported: Bool) {
            guard let present else { return fault = "no backend was asked" }
            if isReported, sentHere > 0 {
                refused += 1
                sentHere -= 1
            }
            action = plan.failedToReach(
                present, isReported: isReported, among: backends, rotation: sent, at: time)
            if !isReported, sentHere > 0, action == .fail(.unreachable) { fault = "forgets what may be answered" }
            if case .attempt(let index, _) = action, backends.count > 1, backends[index].id == present {
                fault = "goes on to the one that cannot be reached"
            }
        }

        private mutating func end(_ reason: ExchangePlan.Ending) {
            ending = "\(reason)"
            switch reason {
            case .silent: if now < deadline { fault = "gives up before the deadline" }
            case .blocked: if now < deadline { fault = "gives up before the deadline" }
            case .noBackend: if sent > 0 { fault = "forgets the backends" }
            case .unreachable, .tooLong: break
            }
        }

        private mutating func check() {
            // Each datagram that may have reached a service counts.
            if sent - refused - shrunk > attempts { fault = "more than \(attempts) datagrams" }
            if plan.attempts != sent { fault = "counts \(plan.attempts) for \(sent)" }
        }
    }
}
