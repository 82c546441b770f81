import System
import Testing

/// The arithmetic of RFC 6298, against values worked out by hand.
@Suite struct RoundTripEstimatorTests {
    private func estimator(floor: UInt64 = 1, initial: UInt64 = 700, _ samples: [UInt64] = []) -> RoundTripEstimator {
        var estimator = RoundTripEstimator(floor: .milliseconds(floor), initial: .milliseconds(initial))
        for sample in samples { estimator.sample(.milliseconds(sample)) }
        return estimator
    }

    /// SRTT and RTO = SRTT + 4 RTTVAR in microseconds; in (2.3) RTTVAR comes before SRTT.
    @Test(
        arguments: [
            // SRTT = R, RTTVAR = R / 2.
            ([100], 100_000, 300_000),
            // RTTVAR = 3/4 * 50 + 1/4 * 100 = 62.5, SRTT = 7/8 * 100 + 1/8 * 200 = 112.5.
            ([100, 200], 112_500, 362_500),
            // RTTVAR = 3/4 * 62.5 + 1/4 * |112.5 - 40| = 65, SRTT = 112.5 - 72.5 / 8 = 103.4375.
            ([100, 200, 40], 103_437, 363_437),
            // The same again and again: RTTVAR = 50 * (3/4)^3 = 21.09375.
            ([100, 100, 100, 100], 100_000, 184_375),
        ] as [([UInt64], UInt64, UInt64)])
    func samplesAreSmoothed(samples: [UInt64], roundTrip: UInt64, timeout: UInt64) {
        let estimator = estimator(samples)
        #expect(estimator.roundTrip.map { $0.nanoseconds / 1000 } == roundTrip)
        #expect(estimator.timeout.nanoseconds / 1000 == timeout)
    }

    @Test func nothingIsKnownAtFirst() {
        #expect(estimator().roundTrip == nil)
        #expect(estimator(initial: 700).timeout == .milliseconds(700))
    }

    /// RFC 8085 3.1.1: one second, unless the operator's own time is shorter.
    @Test(arguments: [(30, 30), (1000, 1000), (1001, 1000), (60_000, 1000)] as [(UInt64, UInt64)])
    func theFirstTimerIsASecondAtMost(initial: UInt64, timeout: UInt64) {
        #expect(estimator(initial: initial).timeout == .milliseconds(timeout))
    }

    @Test func theTimerIsNeverBelowTheFloor() {
        #expect(estimator(floor: 20, [1]).timeout == .milliseconds(20))
        #expect(estimator(floor: 20, [6]).timeout == .milliseconds(20))
        #expect(estimator(floor: 20, [7]).timeout == .milliseconds(21))
        #expect(estimator(floor: 20, initial: 5).timeout == .milliseconds(20))
        #expect(estimator(floor: 5000, initial: 700).timeout == .milliseconds(5000))
    }

    /// A reply to one of several datagrams is no sample (RFC 6298 3), and lengthens the wait until the next sample.
    @Test func aRepeatedDatagramLengthensTheWait() {
        var fresh = estimator(initial: 100)
        fresh.noteRepeated(.milliseconds(160))
        #expect(fresh.roundTrip == nil && fresh.timeout == .milliseconds(200))
        var estimator = estimator([100])
        for elapsed: UInt64 in [40, 200, 400, 80] { estimator.noteRepeated(.milliseconds(elapsed)) }
        #expect(estimator.timeout == .milliseconds(500) && estimator.roundTrip == .milliseconds(100))
        estimator.sample(.milliseconds(100))
        #expect(estimator.timeout < .milliseconds(300))
    }

    /// 300 ms, then twice as much each time, and up to a tenth more.
    @Test(arguments: [(1, 300, 300), (2, 600, 660), (3, 1200, 1320), (4, 2400, 2640)] as [(Int, UInt64, UInt64)])
    func everyAttemptGetsTwiceTheTime(attempt: Int, least: UInt64, most: UInt64) {
        let estimator = estimator([100])
        #expect(estimator.timeout(attempt: attempt, jitter: 0) == .milliseconds(least))
        let longest = estimator.timeout(attempt: attempt, jitter: 1).nanoseconds
        #expect(longest / 1000 == Interval.milliseconds(most).nanoseconds / 1000)
        let half = estimator.timeout(attempt: attempt, jitter: 0.5).nanoseconds
        #expect(half / 1000 == (least + most) * 500)
    }

    /// The greatest values that the command line allows do not overflow.
    @Test func anHourAndTwentyAttemptsCanBeReckonedWith() {
        var estimator = RoundTripEstimator(floor: .seconds(3600), initial: .seconds(3600))
        estimator.sample(.seconds(3600))
        let last = estimator.timeout(attempt: 20, jitter: 1)
        #expect(last.seconds > 3600 * 3 * Double(1 << 19))
        #expect(estimator.timeout(attempt: 21, jitter: 0) > estimator.timeout(attempt: 20, jitter: 0))
    }
}
