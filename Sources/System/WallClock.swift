internal import CLinux
internal import Glibc

/// The time of day, for people and for HTTP's dates; it may jump (clock_gettime(2), CLOCK_REALTIME).
public enum WallClock {
    /// Seconds since 1970-01-01 00:00 UTC, and nanoseconds of the second under way.
    public static func now() -> (seconds: Int64, nanoseconds: Int) {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return (Int64(time.tv_sec), Int(time.tv_nsec))
    }

    /// Whole seconds since 1970-01-01 00:00 UTC.
    public static func unixSeconds() -> Int64 { now().seconds }
}

extension WallClock {
    /// The time as RFC 3339 writes it, to the millisecond and in UTC: "2026-11-28T20:35:27.042Z".
    public static func text() -> String {
        let (seconds, nanoseconds) = now()
        return text(seconds: seconds, milliseconds: nanoseconds / 1_000_000)
    }

    /// The time of day to the microsecond, in UTC: "20:35:27.042817".
    public static func timeOfDay() -> String {
        let (seconds, nanoseconds) = now()
        return "\(DateText.write(seconds, "%T")).\(digits(nanoseconds / 1000, width: 6))"
    }

    /// A point in time since 1970 in the form of RFC 3339.
    public static func text(seconds: Int64, milliseconds: Int) -> String {
        "\(DateText.write(seconds, "%FT%T")).\(digits(milliseconds, width: 3))Z"
    }

    private static func digits(_ number: Int, width: Int) -> String { String(number).padded(to: width, with: "0") }
}
