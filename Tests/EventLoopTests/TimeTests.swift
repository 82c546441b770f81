@testable import System
import Testing

@testable import EventLoop

@Suite struct TimeTests {
    @Test(
        arguments: [
            (0, "0s"), (1, "1ns"), (1000, "1us"), (50_000, "50us"), (1_000_001, "1000001ns"), (100_000_000, "100ms"),
            (2_000_000_000, "2s"), (60_000_000_000, "60s"), (1_500_000_000, "1500ms"),
        ] as [(UInt64, String)])
    func description(nanoseconds: UInt64, text: String) {
        #expect(Interval(nanoseconds: nanoseconds).description == text)
    }

    @Test func arithmetic() {
        let start = MonotonicTime(nanoseconds: 1000)
        #expect(start + .milliseconds(2) == MonotonicTime(nanoseconds: 2_001_000))
        #expect(start + Interval(nanoseconds: .max) == .never)
        #expect(MonotonicTime.never + .seconds(1) == .never)
        #expect((start + .seconds(1)).since(start) == .seconds(1))
        #expect(start.since(start + .seconds(1)) == .seconds(0))
        #expect(start < start + Interval(nanoseconds: 1))
        #expect(Interval.milliseconds(999) < .seconds(1))
        #expect(Interval.milliseconds(1500).seconds == 1.5)
    }

    @Test func theClockNeverGoesBack() {
        var last = MonotonicTime.now()
        for _ in 0..<1000 {
            let now = MonotonicTime.now()
            #expect(now >= last)
            last = now
        }
        #expect(WallClock.unixSeconds() > 1_700_000_000)
    }

    @Test(
        arguments: [
            (0, 7, "1970-01-01T00:00:00.007Z"), (951_782_399, 42, "2000-02-28T23:59:59.042Z"),
            (1_785_542_400, 999, "2026-08-01T00:00:00.999Z"),
        ] as [(Int64, Int, String)])
    func timeOfDay(seconds: Int64, milliseconds: Int, text: String) {
        #expect(WallClock.text(seconds: seconds, milliseconds: milliseconds) == text)
        #expect(WallClock.text().count == text.count)
    }
}
