import System
import EventLoop
import Testing

@testable import Gateway

/// The judgement about a backend, with a clock that a test sets.
@Suite struct HealthTests {
    /// A backend that was started at 0 and must have been silent for two seconds to be down.
    private struct Patient {
        var health = Health(timeout: .seconds(2), at: MonotonicTime(nanoseconds: 0))

        mutating func fail(_ count: Int = 1, _ failure: Health.Failure = .silence, at milliseconds: UInt64) {
            for _ in 0..<count {
                let isTrial = health.begin(at: Patient.time(milliseconds))
                health.fail(failure, at: Patient.time(milliseconds), isTrial: isTrial)
                if isTrial { health.endTrial(at: Patient.time(milliseconds)) }
            }
        }

        mutating func succeed(at milliseconds: UInt64) {
            _ = health.begin(at: Patient.time(milliseconds))
            health.succeed(at: Patient.time(milliseconds))
        }

        func isPreferred(at milliseconds: UInt64) -> Bool { health.isPreferred(at: Patient.time(milliseconds)) }

        /// When the breaker lets a request through, from a time on; nil when it does at once or not within two minutes.
        func end(from milliseconds: UInt64) -> UInt64? {
            if isPreferred(at: milliseconds) { return nil }
            return (milliseconds...milliseconds + 120_000).first(where: isPreferred)
        }

        static func time(_ milliseconds: UInt64) -> MonotonicTime {
            MonotonicTime(nanoseconds: milliseconds * 1_000_000)
        }
    }

    /// A verdict holds for ten seconds after the failure behind it.
    @Test func aBadVerdictLapses() {
        var patient = Patient()
        #expect(!patient.health.isDown(at: Patient.time(0)))
        patient.fail(4, .unreachable, at: 1000)
        #expect(!patient.health.isDown(at: Patient.time(1000)))
        patient.fail(1, .unreachable, at: 1000)
        #expect(patient.health.isDown(at: Patient.time(10_999)))
        #expect(!patient.health.isDown(at: Patient.time(11_000)))
        patient.fail(1, .unreachable, at: 12_000)
        #expect(patient.health.isDown(at: Patient.time(21_999)))
        patient.succeed(at: 13_000)
        #expect(!patient.health.isDown(at: Patient.time(13_000)))
    }

    /// The payloads of callers are no proof, however long they get no reply; the operator's own datagram is one.
    @Test func theSilenceToCallersIsNoProof() {
        var patient = Patient()
        for second in 3..<100 as Range<UInt64> {
            patient.fail(1, .silence, at: second * 1000)
            #expect(!patient.health.isDown(at: Patient.time(second * 1000)))
        }
        #expect(!patient.health.isUp)
        patient.fail(1, .unansweredProbe, at: 100_000)
        #expect(patient.health.isDown(at: Patient.time(100_000)))
    }

    /// What was proved before a reply proves nothing after it.
    @Test func aReplyEndsTheProof() {
        var patient = Patient()
        patient.fail(5, .unreachable, at: 10_000)
        patient.succeed(at: 10_500)
        patient.fail(5, .silence, at: 12_500)
        #expect(!patient.health.isUp && !patient.health.isDown(at: Patient.time(12_500)))
        patient.fail(1, .unansweredProbe, at: 12_501)
        #expect(patient.health.isDown(at: Patient.time(12_501)))
    }

    /// A worker that has failed once has no verdict that is newer than another worker's.
    @Test func aFailureWithoutAVerdictIsNoNews() {
        var patient = Patient()
        patient.succeed(at: 500)
        patient.fail(4, .unreachable, at: 1000)
        #expect(patient.health.isUp && patient.health.lastVerdict == Patient.time(500))
        for time in [2000, 3000] as [UInt64] {
            patient.fail(1, .unreachable, at: time)
            #expect(!patient.health.isUp && patient.health.lastVerdict == Patient.time(time))
        }
        patient.succeed(at: 4000)
        #expect(patient.health.lastVerdict == Patient.time(4000))
    }

    @Test func aNewAddressIsWell() {
        let patient = Patient()
        #expect(patient.health.isUp && patient.isPreferred(at: 0))
    }

    /// Failures in a row and silence: both are needed.
    @Test(
        arguments: [
            (5, 2000, true), (4, 2000, false), (5, 1999, false), (100, 1999, false), (1, 3_600_000, false),
            (5, 3_600_000, true),
        ] as [(Int, UInt64, Bool)])
    func itTakesFailuresAndSilence(failures: Int, time: UInt64, isOut: Bool) {
        var patient = Patient()
        patient.fail(failures, at: time)
        #expect(patient.health.isUp == !isOut)
        #expect(patient.isPreferred(at: time) == !isOut)
        #expect(patient.end(from: time) == (isOut ? time + 1000 : nil))
    }

    /// The first report sends requests elsewhere, for the kernel of the backend's host may not send another one; the verdict
    /// takes as many as silence does, but no time.
    @Test(
        arguments: [
            (5, .unreachable, 1, 101, false), (4, .unreachable, 1, 101, true), (1, .unreachable, 1, 101, true),
            (5, .silence, 1, nil, true), (4, .silence, 2000, nil, true), (5, .silence, 2000, 3000, false),
        ] as [(Int, Health.Failure, UInt64, UInt64?, Bool)])
    func reportsTakeItOutAtOnce(failures: Int, failure: Health.Failure, time: UInt64, end: UInt64?, isUp: Bool) {
        var patient = Patient()
        patient.succeed(at: 0)
        patient.fail(failures, failure, at: time)
        #expect(patient.health.isUp == isUp)
        #expect(patient.end(from: time) == end)
    }

    /// With probes, proof counts until the next round has ended, at the second and one past it.
    @Test func proofLastsFromProbeToProbe() {
        var health = Health(timeout: .seconds(10), probeInterval: .seconds(20), at: Patient.time(0))
        for _ in 0..<Health.failures { health.fail(.unansweredProbe, at: Patient.time(10_000), isTrial: false) }
        #expect(health.isDown(at: Patient.time(40_999)) && !health.isDown(at: Patient.time(41_000)))
    }

    /// Of a backend that has gone some requests meet a report, and the others silence.
    @Test func oneReportAndSilenceMakeAVerdict() {
        var patient = Patient()
        patient.succeed(at: 1000)
        patient.fail(1, .unreachable, at: 1001)
        for _ in 0..<3 { patient.health.fail(.silence, at: Patient.time(1050), isTrial: false) }
        #expect(patient.health.isUp && patient.end(from: 1050) == 1101)
        patient.health.fail(.silence, at: Patient.time(1050), isTrial: false)
        #expect(!patient.health.isUp && patient.end(from: 1050) == 1101)
    }

    @Test func aReplyBetweenReportsKeepsItWell() {
        var patient = Patient()
        for time in 1..<100 as Range<UInt64> {
            patient.fail(4, .unreachable, at: time)
            patient.succeed(at: time)
        }
        #expect(patient.health.isUp)
    }

    /// 100 ms, and twice as long each time up to the longest.
    @Test func outagesAfterReportsBeginShort() {
        var patient = Patient()
        patient.fail(5, .unreachable, at: 10_000)
        var (now, lengths) = (10_000 as UInt64, [] as [UInt64])
        for _ in 0..<10 {
            guard let end = patient.end(from: now) else { break }
            lengths.append(end - now)
            now = end
            patient.fail(1, .unreachable, at: now)
        }
        #expect(lengths == [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000])
    }

    @Test func aReplyMeanwhileKeepsItWell() {
        var patient = Patient()
        patient.fail(4, at: 5000)
        patient.succeed(at: 5001)
        patient.fail(4, at: 8000)
        #expect(patient.health.isUp)
        patient.fail(at: 8000)
        #expect(!patient.health.isUp)
        // Nor do any number of failures count within the time since the last reply.
        patient = Patient()
        for second in 1..<100 as Range<UInt64> {
            patient.succeed(at: second * 1000)
            patient.fail(50, at: second * 1000 + 999)
        }
        #expect(patient.health.isUp)
    }

    /// 1, 2, 4, 8, 16 seconds and then 30, each time for one request that fails too.
    @Test func outagesGrowUpToTheLongest() {
        var patient = Patient()
        patient.fail(5, at: 10_000)
        var (now, lengths) = (10_000 as UInt64, [] as [UInt64])
        for _ in 0..<8 {
            guard let end = patient.end(from: now) else { break }
            let length = end - now
            lengths.append(length)
            #expect(!patient.isPreferred(at: now) && !patient.isPreferred(at: now + length - 1))
            #expect(patient.isPreferred(at: now + length))
            now += length
            patient.fail(at: now)
        }
        #expect(lengths == [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
    }

    @Test func oneRequestTriesItAndSuccessBringsItBack() {
        var patient = Patient()
        patient.fail(5, at: 10_000)
        let isEarly = patient.health.begin(at: Patient.time(10_999))
        let isTrial = patient.health.begin(at: Patient.time(11_000))
        #expect(isTrial && !isEarly)
        #expect(!patient.health.isUp && !patient.isPreferred(at: 11_000) && !patient.isPreferred(at: 99_000))
        patient.succeed(at: 11_001)
        #expect(patient.health.isUp && patient.isPreferred(at: 11_001))
        // Earlier failures are forgotten: as many are needed as before, and the next outage is short again.
        patient.fail(4, at: 20_000)
        #expect(patient.health.isUp)
        patient.fail(at: 20_000)
        #expect(patient.end(from: 20_000) == 21_000)
    }

    @Test func aTrialWithoutVerdictIsGivenBack() {
        var patient = Patient()
        patient.fail(5, at: 10_000)
        let isTrial = patient.health.begin(at: Patient.time(11_000))
        #expect(isTrial)
        patient.health.endTrial(at: Patient.time(12_000))
        #expect(!patient.health.isUp && patient.isPreferred(at: 12_000))
        // It was none of the failures by which outages grow.
        patient.fail(at: 12_000)
        #expect(patient.end(from: 12_000) == 14_000)
    }

    /// Requests that were under way when it went out end later, and change nothing.
    @Test func stragglersDoNotLengthenAnOutage() {
        var patient = Patient()
        patient.fail(5, at: 10_000)
        for _ in 0..<100 {
            patient.health.fail(.silence, at: Patient.time(10_500), isTrial: false)
        }
        #expect(patient.end(from: 10_500) == 11_000)
    }

    /// Nor do they end the trial of another, or as many would go there as come away.
    @Test func stragglersDoNotEndATrial() {
        var patient = Patient()
        patient.fail(5, at: 10_000)
        let isTrial = patient.health.begin(at: Patient.time(11_000))
        #expect(isTrial)
        for _ in 0..<100 {
            patient.health.fail(.silence, at: Patient.time(11_500), isTrial: false)
        }
        let isAnother = patient.health.begin(at: Patient.time(11_500))
        #expect(!isAnother && !patient.isPreferred(at: 11_500))
        patient.health.fail(.silence, at: Patient.time(12_000), isTrial: true)
        #expect(patient.end(from: 12_000) == 14_000)
    }

    @Test func aLateReplyBringsItBackBeforeItsTime() {
        var patient = Patient()
        patient.fail(5, at: 10_000)
        patient.health.succeed(at: Patient.time(10_100))
        #expect(patient.health.isUp && patient.isPreferred(at: 10_100))
    }
}
