internal import CLinux
internal import Glibc

/// A length of time in nanoseconds, for arithmetic on every request.
public struct Interval: Comparable, Sendable, CustomStringConvertible {
    /// The length, 0 to about 584 years.
    public let nanoseconds: UInt64

    /// A length in nanoseconds.
    public init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    /// A length in whole milliseconds.
    public static func milliseconds(_ count: UInt64) -> Interval { Interval(nanoseconds: count * 1_000_000) }
    /// A length in whole seconds.
    public static func seconds(_ count: UInt64) -> Interval { Interval(nanoseconds: count * 1_000_000_000) }

    /// The length in seconds, the unit of metrics.
    public var seconds: Double { Double(nanoseconds) / 1e9 }

    /// The length in the largest unit that keeps it whole: "2s", "100ms", "50us", "1ns".
    public var description: String {
        for (unit, size) in [("s", 1_000_000_000 as UInt64), ("ms", 1_000_000), ("us", 1000)]
        where nanoseconds.isMultiple(of: size) {
            return "\(nanoseconds / size)\(unit)"
        }
        return "\(nanoseconds)ns"
    }

    /// Whether one is shorter than the other.
    public static func < (left: Interval, right: Interval) -> Bool { left.nanoseconds < right.nanoseconds }
}

/// A point in time on the clock that never jumps (clock_gettime(2), CLOCK_MONOTONIC).
public struct MonotonicTime: Comparable, Sendable {
    /// Nanoseconds since some fixed point in the past.
    public let nanoseconds: UInt64

    /// The point this many nanoseconds after the clock's start.
    public init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    /// The time now.
    public static func now() -> MonotonicTime {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    /// A point that is never reached: a wait without a deadline.
    public static var never: MonotonicTime { MonotonicTime(nanoseconds: .max) }

    /// The time from `earlier` to this point; 0 when `earlier` is later.
    public func since(_ earlier: MonotonicTime) -> Interval {
        Interval(nanoseconds: nanoseconds > earlier.nanoseconds ? nanoseconds - earlier.nanoseconds : 0)
    }

    /// The point later by an interval.
    public static func + (time: MonotonicTime, interval: Interval) -> MonotonicTime {
        let (sum, overflow) = time.nanoseconds.addingReportingOverflow(interval.nanoseconds)
        return overflow ? .never : MonotonicTime(nanoseconds: sum)
    }

    /// The point earlier by an interval; the clock's start when there is none.
    public static func - (time: MonotonicTime, interval: Interval) -> MonotonicTime {
        MonotonicTime(nanoseconds: time.nanoseconds - min(time.nanoseconds, interval.nanoseconds))
    }

    /// Whether one comes before the other.
    public static func < (left: MonotonicTime, right: MonotonicTime) -> Bool { left.nanoseconds < right.nanoseconds }
}
