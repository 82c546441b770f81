import System
import Testing

@testable import Gateway

/// The parts of the sockets that addresses have, while one of them takes all it can get.
@Suite struct SocketShareTests {
    private let limit = SharedLimit(16)

    private func share(_ fair: Int) -> SocketShare {
        let share = SocketShare(of: limit, fresh: SharedLimit(0))
        share.setFair(fair)
        return share
    }

    private func takeAll(_ share: SocketShare) { while share.take() {} }

    /// A quarter of eight is two: those are there, and the third is not.
    @Test func aQuarterIsItsOwn() {
        let (greedy, late) = (share(8), share(8))
        takeAll(greedy)
        #expect(greedy.open == 14)
        #expect(late.take() && late.take() && !late.take())
        #expect(late.open == 2 && limit.used == 16)
    }

    /// The one beyond its fair number takes none, not even in place of one of its own, while another is short.
    @Test func aPlaceGoesToTheOneThatIsShort() {
        let (greedy, late) = (share(8), share(8))
        takeAll(greedy)
        takeAll(late)
        while late.open < 8 {
            #expect(greedy.isBeyondFair)
            greedy.giveBack()
            #expect(!greedy.take())
            #expect(late.take() && !late.take())
        }
        #expect(greedy.open == 8 && !greedy.isBeyondFair)
    }

    /// At its fair number it asks no other to give places back.
    @Test func theOneWithItsFairNumberIsNotShort() {
        let (one, other) = (share(8), share(8))
        while one.open < 10, one.take() {}
        takeAll(other)
        #expect(other.open == 6 && one.isBeyondFair)
        one.giveBack()
        one.giveBack()
        takeAll(other)
        #expect(other.open == 8 && one.open == 8)
        #expect(!one.take() && !other.take() && !one.isBeyondFair)
    }

    /// More services have smaller parts, and a removed address has none.
    @Test func theOwnPartFollowsTheFairNumber() {
        let share = share(16)
        #expect(limit.used == 4)
        share.setFair(8)
        #expect(limit.used == 2)
        #expect(share.take() && limit.used == 2)
        share.setFair(0)
        #expect(limit.used == 1)
        share.giveBack()
        #expect(limit.used == 0)
        share.setFair(8)
        #expect(limit.used == 2)
    }

    /// What was taken when the part was set is kept as soon as it is given back.
    @Test func theOwnPartIsKeptLater() {
        let greedy = share(8)
        takeAll(greedy)
        let late = share(8)
        #expect(!late.take() && limit.used == 16)
        greedy.giveBack()
        greedy.giveBack()
        late.setFair(8)
        #expect(!greedy.take() && limit.used == 16)
        #expect(late.take() && late.take() && !late.take())
    }
}
