import System
import EventLoop
import Testing

@testable import Gateway

/// The decisions of one exchange, without sockets and with a clock that a test sets.
@Suite struct ExchangePlanTests {
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
                first.failedToReach(7, isReported: true, among: candidates, rotation: 0, at: at(1))
                    == second.failedToReach(7, isReported: true, among: candidates, rotation: 0, at: at(1)))
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
            #expect(
                plan.failedToReach(6 + next, isReported: true, among: three, rotation: 0, at: at(1))
                    == .attempt(next, .rerouted))
            #expect(plan.outcomeOfFormer == .settled)
        }
        _ = plan.sent(at: at(0), pause: .milliseconds(20))
        #expect(plan.failedToReach(9, isReported: true, among: three, rotation: 0, at: at(1)) == .fail(.unreachable))
    }

    /// A silent backend may only be slow: the refusal of another is not its answer.
    @Test func theSilentOneIsAskedAgainAfterARefusal() {
        var plan = makePlan(attempts: 3)
        let two = Array(three.prefix(2))
        _ = plan.choose(among: two, rotation: 0, at: at(0))
        _ = plan.sent(at: at(0), pause: .milliseconds(20))
        #expect(plan.paused(among: two, rotation: 0, at: at(20)) { true } == .attempt(1, .retransmitted))
        _ = plan.sent(at: at(20), pause: .milliseconds(20))
        #expect(plan.failedToReach(8, isReported: true, among: two, rotation: 0, at: at(21)) == .attempt(0, .rerouted))
    }

    /// This host could not send the repetition: the datagram before it may be answered, and its socket must not serve
    /// another request at once.
    @Test func aRepetitionThatCannotLeaveSaysNothingOfTheFirst() {
        var plan = makePlan(attempts: 3)
        let two = Array(three.prefix(2))
        _ = plan.choose(among: two, rotation: 0, at: at(0))
        _ = plan.sent(at: at(0), pause: .milliseconds(20))
        _ = plan.paused(among: [two[0]], rotation: 0, at: at(20)) { true }
        var (late, other) = (plan, plan)
        #expect(
            plan.failedToReach(7, isReported: false, among: [two[0]], rotation: 0, at: at(20))
                == .wait(until: at(2000)))
        #expect(plan.delivered == 1 && plan.expectsReply && plan.outcomeWithoutReply == .silent)
        #expect(plan.paused(among: two, rotation: 0, at: at(2000)) { true } == .fail(.silent))
        #expect(
            late.failedToReach(7, isReported: false, among: two, rotation: 0, at: at(2000)) == .fail(.silent))
        // Another address may have it meanwhile.
        #expect(
            other.failedToReach(7, isReported: false, among: two, rotation: 0, at: at(20)) == .attempt(1, .rerouted))
        #expect(other.outcomeOfFormer == .silent && other.sentOfFormer == 1)
    }

    /// Addresses that have moved: the exchange goes on to those that there are now.
    @Test func itGoesOnToTheBackendsOfNow() {
        var plan = makePlan(attempts: 1)
        _ = plan.choose(among: three, rotation: 0, at: at(0))
        _ = plan.sent(at: at(0), pause: .milliseconds(20))
        let moved = [Candidate(id: 70)]
        #expect(plan.failedToReach(7, isReported: true, among: moved, rotation: 0, at: at(1)) == .attempt(0, .rerouted))
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
            action = plan.failedToReach(many[index].id, isReported: true, among: many, rotation: index, at: at(1))
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
}
