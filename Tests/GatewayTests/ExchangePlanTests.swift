import System
import EventLoop
import Testing

@testable import Gateway

/// The decisions of one exchange, without sockets and with a clock that a test sets.
@Suite struct ExchangePlanTests {
    struct Candidate: ExchangeCandidate {
        let id: Int
        var inFlight = 0
        var lastReply = MonotonicTime(nanoseconds: 0)
        var isUp = true

        func isPreferred(at now: MonotonicTime) -> Bool { isUp }
    }

    private func at(_ milliseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: milliseconds * 1_000_000) }

    private func makePlan(attempts: Int) -> ExchangePlan {
        var plan = ExchangePlan()
        plan.begin(maxAttempts: attempts, deadline: at(2000))
        return plan
    }

    private let three = [Candidate(id: 7), Candidate(id: 8), Candidate(id: 9)]

    @Test func oneDatagramHasAllTheTime() {
        var plan = makePlan(attempts: 1)
        #expect(plan.choose(among: [Candidate(id: 7)], rotation: 0, at: at(0)) == .attempt(0, .sent))
        #expect(plan.sent(at: at(1), pause: .milliseconds(20)) == .wait(until: at(2000)))
        #expect(plan.outcomeOfReply == .settled && plan.outcomeWithoutReply == .silent)
        #expect(plan.paused(among: three, rotation: 0, at: at(2000)) { true } == .fail(.silent))
    }

    /// The short way to the only backend ends in the same plan as the choice among one, also after the next event.
    @Test func theOnlyBackendNeedsNoChoice() {
        var (chosen, direct) = (makePlan(attempts: 3), makePlan(attempts: 3))
        #expect(chosen.choose(among: [Candidate(id: 7)], rotation: 5, at: at(0)) == direct.attempt(7))
        for candidates in [three, [Candidate(id: 7)]] {
            var (first, second) = (chosen, direct)
            #expect(first.sent(at: at(0), pause: .milliseconds(20)) == second.sent(at: at(0), pause: .milliseconds(20)))
            #expect(first.outcomeOfReply == second.outcomeOfReply)
            #expect(
                first.failedToReach(7, among: candidates, rotation: 0, at: at(1))
                    == second.failedToReach(7, among: candidates, rotation: 0, at: at(1)))
        }
    }

    @Test func itIsSentAgainThroughTheSameSocket() {
        var plan = makePlan(attempts: 2)
        let one = [Candidate(id: 7)]
        _ = plan.choose(among: one, rotation: 0, at: at(0))
        #expect(plan.sent(at: at(0), pause: .milliseconds(20)) == .wait(until: at(20)))
        #expect(plan.paused(among: one, rotation: 0, at: at(20)) { true } == .sendAgain(.retransmitted))
        #expect(plan.sent(at: at(20), pause: .milliseconds(40)) == .wait(until: at(2000)))
        #expect(plan.outcomeOfReply == .unsettled)
    }

    @Test func withoutABudgetItWaitsOn() {
        var plan = makePlan(attempts: 3)
        let one = [Candidate(id: 7)]
        _ = plan.choose(among: one, rotation: 0, at: at(0))
        _ = plan.sent(at: at(0), pause: .milliseconds(20))
        #expect(plan.paused(among: one, rotation: 0, at: at(20)) { false } == .wait(until: at(2000)))
        #expect(plan.attempts == 1 && plan.outcomeOfReply == .settled)
    }

    @Test func silenceIsTakenElsewhere() {
        var plan = makePlan(attempts: 2)
        _ = plan.choose(among: three, rotation: 1, at: at(0))
        _ = plan.sent(at: at(0), pause: .milliseconds(20))
        #expect(plan.paused(among: three, rotation: 0, at: at(20)) { true } == .attempt(0, .retransmitted))
        #expect(plan.outcomeOfFormer == .silent)
    }

    /// A datagram that reached no service may be sent elsewhere, whatever the number of attempts.
    @Test func allBackendsAreAskedBeforeItFails() {
        var plan = makePlan(attempts: 1)
        #expect(plan.choose(among: three, rotation: 0, at: at(0)) == .attempt(0, .sent))
        for next in 1...2 {
            _ = plan.sent(at: at(0), pause: .milliseconds(20))
            #expect(plan.failedToReach(6 + next, among: three, rotation: 0, at: at(1)) == .attempt(next, .rerouted))
            #expect(plan.outcomeOfFormer == .settled)
        }
        _ = plan.sent(at: at(0), pause: .milliseconds(20))
        #expect(plan.failedToReach(9, among: three, rotation: 0, at: at(1)) == .fail(.unreachable))
    }

    /// A silent backend may only be slow: the refusal of another is not its answer.
    @Test func theSilentOneIsAskedAgainAfterARefusal() {
        var plan = makePlan(attempts: 3)
        let two = Array(three.prefix(2))
        _ = plan.choose(among: two, rotation: 0, at: at(0))
        _ = plan.sent(at: at(0), pause: .milliseconds(20))
        #expect(plan.paused(among: two, rotation: 0, at: at(20)) { true } == .attempt(1, .retransmitted))
        _ = plan.sent(at: at(20), pause: .milliseconds(20))
        #expect(plan.failedToReach(8, among: two, rotation: 0, at: at(21)) == .attempt(0, .rerouted))
    }

    /// Addresses that have moved: the exchange goes on to those that there are now.
    @Test func itGoesOnToTheBackendsOfNow() {
        var plan = makePlan(attempts: 1)
        _ = plan.choose(among: three, rotation: 0, at: at(0))
        _ = plan.sent(at: at(0), pause: .milliseconds(20))
        let moved = [Candidate(id: 70)]
        #expect(plan.failedToReach(7, among: moved, rotation: 0, at: at(1)) == .attempt(0, .rerouted))
    }

    /// The tries are remembered by backend, however many there are: none is asked twice.
    @Test func aHundredBackendsAreAskedOnceEach() {
        var plan = makePlan(attempts: 1)
        let many = (0..<100).map { Candidate(id: $0) }
        var asked: [Int] = []
        var action = plan.choose(among: many, rotation: 0, at: at(0))
        while case .attempt(let index, _) = action {
            asked.append(index)
            _ = plan.sent(at: at(0), pause: .milliseconds(20))
            action = plan.failedToReach(many[index].id, among: many, rotation: index, at: at(1))
        }
        #expect(action == .fail(.unreachable) && Set(asked).count == 100 && asked.count == 100)
    }

    @Test func theLastOnesAreAskedAlthoughAllAreDown() {
        var plan = makePlan(attempts: 1)
        var down = three
        for index in down.indices { down[index].isUp = false }
        // The one that replied last is silent to some and answers others.
        down[1].lastReply = at(5)
        #expect(plan.choose(among: down, rotation: 0, at: at(10)) == .attempt(1, .sent))
        down[2].isUp = true
        plan = makePlan(attempts: 1)
        #expect(plan.choose(among: down, rotation: 0, at: at(10)) == .attempt(2, .sent))
        #expect(plan.choose(among: [Candidate](), rotation: 0, at: at(10)) == .fail(.noBackend))
    }

    @Test func aShrunkPathIsSentToAgainAtOnce() {
        var plan = makePlan(attempts: 1)
        _ = plan.choose(among: three, rotation: 0, at: at(0))
        for time in 1...4 as ClosedRange<UInt64> {
            _ = plan.sent(at: at(time), pause: .milliseconds(20))
            #expect(plan.pathShrank(at: at(time)) == .sendAgain(.resized))
        }
        _ = plan.sent(at: at(5), pause: .milliseconds(20))
        // Only the last one reached the path's end, so that there is one reply to come at most.
        #expect(plan.outcomeOfReply == .settled)
        #expect(plan.pathShrank(at: at(5)) == .wait(until: at(2000)))
    }

    @Test func aHostWithoutRoomIsTriedAgainUntilTheDeadline() {
        var plan = makePlan(attempts: 1)
        _ = plan.choose(among: three, rotation: 0, at: at(0))
        var now: UInt64 = 0
        var pauses: [UInt64] = []
        while case .retry(let time) = plan.blocked(at: at(now)) {
            pauses.append(time.nanoseconds / 1_000_000 - now)
            now = time.nanoseconds / 1_000_000
        }
        #expect(pauses.prefix(8) == [1, 2, 4, 8, 16, 32, 50, 50] && now == 2000)
        #expect(plan.blocked(at: at(2000)) == .fail(.blocked))
        #expect(plan.outcomeWithoutReply == .settled)
        #expect(plan.paused(among: three, rotation: 0, at: at(2000)) { true } == .fail(.blocked))
    }

    // MARK: - At random

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
            plan.begin(maxAttempts: attempts, deadline: MonotonicTime(nanoseconds: deadline * 1_000_000))
            action = plan.choose(among: backends, rotation: 3, at: MonotonicTime(nanoseconds: 0))
        }

        private var time: MonotonicTime { MonotonicTime(nanoseconds: now * 1_000_000) }

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
            case 1: refuse()
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
            case 1..<4: refuse()
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

        private mutating func refuse() {
            guard let present else { return fault = "no backend was asked" }
            if sentHere > 0 {
                refused += 1
                sentHere -= 1
            }
            action = plan.failedToReach(present, among: backends, rotation: sent, at: time)
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
