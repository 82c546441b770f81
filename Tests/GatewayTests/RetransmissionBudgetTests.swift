import System
import Testing

@testable import Gateway

@Suite struct RetransmissionBudgetTests {
    /// How many retransmissions can be paid for now.
    private func spend(_ budget: inout RetransmissionBudget, atMost: Int = 10_000) -> Int {
        var count = 0
        while count < atMost, budget.withdraw() { count += 1 }
        return count
    }

    @Test func aFewCanBePaidForBeforeTheFirstRequest() {
        var budget = RetransmissionBudget(share: 0.25)
        #expect(spend(&budget) == 10)
        let isGranted = budget.withdraw()
        #expect(!isGranted)
    }

    @Test func withoutAShareNoneCanBePaidFor() {
        var budget = RetransmissionBudget(share: 0)
        for _ in 0..<100 { budget.deposit() }
        #expect(spend(&budget) == 0)
    }

    /// Shares without a rounding error in binary.
    @Test(arguments: [(0, 0), (0.125, 10), (0.25, 20), (0.5, 40), (1, 80)])
    func aShareOfTheRequestsIsGranted(share: Double, granted: Int) {
        var budget = RetransmissionBudget(share: share)
        _ = spend(&budget)
        for _ in 0..<80 { budget.deposit() }
        #expect(spend(&budget) == granted)
    }

    /// As in the lab, where only the dice decide.
    @Test func anInfiniteShareHasNoLimit() {
        var budget = RetransmissionBudget(share: .infinity)
        #expect(spend(&budget) == 10_000)
        budget.deposit()
        #expect(spend(&budget) == 10_000)
    }

    @Test func anExhaustedBudgetFillsAgain() {
        var budget = RetransmissionBudget(share: 0.25)
        _ = spend(&budget)
        for _ in 0..<3 { budget.deposit() }
        #expect(spend(&budget) == 0)
        budget.deposit()
        #expect(spend(&budget) == 1)
    }

    @Test func noMoreThanAHundredAreSavedUp() {
        var budget = RetransmissionBudget(share: 0.5)
        for _ in 0..<100_000 { budget.deposit() }
        #expect(spend(&budget) == 100)
    }

    /// When every request is lost, what goes out in addition is the share, however the two alternate.
    @Test func aStormIsHeldToTheShare() {
        var budget = RetransmissionBudget(share: 0.25)
        var granted = 0
        for _ in 0..<10_000 {
            budget.deposit()
            granted += spend(&budget, atMost: 4)
        }
        #expect(granted == 10 + 2500)
    }
}
