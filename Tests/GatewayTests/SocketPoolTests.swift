import System
import EventLoop
import Testing

@testable import Gateway

@Suite struct SocketPoolTests {
    @Test func opensUpToItsCapacity() {
        var pool = makePool()
        #expect(pool.take(at: at(0)) == .open(0))
        #expect(pool.take(at: at(0)) == .open(1))
        #expect(pool.take(at: at(0)) == .wait)
        #expect(pool.nextRested == nil)
        #expect(pool.count == 2 && pool.isBusy(0) && pool.isBusy(1))
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
        #expect(pool.quarantinedCount == 1 && !pool.isBusy(0))
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

    /// A service that sends on and on does not fill the memory: a socket in quarantine has one pause.
    @Test func aFloodOfDatagramsHoldsOnePauseASocket() {
        var pool = makePool(2)
        for _ in 0..<2 { _ = pool.take(at: at(0)) }
        pool.release(0, .settled, at: at(0))
        pool.release(1, .silent, at: at(0))
        for number in 1...100_000 as ClosedRange<UInt64> {
            for index in 0...1 { pool.recordDatagram(index, earliest: at(0), at: at(number / 200)) }
        }
        let queues = Mirror(reflecting: pool).children.filter { ["quarantined", "doubled"].contains($0.label) }
        #expect(queues.count == 2 && queues.allSatisfy { Mirror(reflecting: $0.value).children.count == 1 })
        // Each began its quarantine anew with the last datagram.
        #expect(pool.take(at: at(599)) == .wait && pool.take(at: at(600)) == .use(0))
        #expect(pool.retire(idle: .seconds(9), at: at(1499)) == nil)
        #expect(pool.retire(idle: .seconds(9), at: at(1500)) == 1)
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

    /// The operator's rest holds where it is longer than a quarantine, and second replies change nothing.
    @Test func aRestLongerThanAQuarantineHolds() {
        var pool = SocketPool(capacity: 1, rest: .milliseconds(2000), quarantine: .milliseconds(1000))
        #expect(pool.take(at: at(0)) == .open(0))
        pool.release(0, .settled, at: at(0))
        #expect(pool.take(at: at(1999)) == .wait)
        #expect(pool.nextRested == at(2000))
        #expect(pool.take(at: at(2000)) == .use(0))
        pool.release(0, .settled, at: at(3000))
        pool.recordDatagram(0, earliest: at(3900), at: at(3900))
        #expect(pool.rest == .milliseconds(2000))
        #expect(pool.retire(idle: .seconds(999), at: at(99_000)) == nil)
        #expect(pool.rest == .milliseconds(2000))
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
}
