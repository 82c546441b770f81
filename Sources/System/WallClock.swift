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
        let parts = [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60].map { digits($0) }
        return "\(parts.joined(separator: ":")).\(digits(nanoseconds / 1000, width: 6))"
    }

    /// A point in time since 1970 in the form of RFC 3339 (gmtime(3)).
    public static func text(seconds: Int64, milliseconds: Int) -> String {
        var seconds = time_t(seconds)
        var parts = unsafe tm()
        _ = unsafe gmtime_r(&seconds, &parts)
        let date = unsafe "\(parts.tm_year + 1900)-\(digits(parts.tm_mon + 1))-\(digits(parts.tm_mday))"
        let time = unsafe "\(digits(parts.tm_hour)):\(digits(parts.tm_min)):\(digits(parts.tm_sec))"
        return "\(date)T\(time).\(digits(milliseconds, width: 3))Z"
    }

    private static func digits(_ number: some BinaryInteger, width: Int = 2) -> String {
        String(number).padded(to: width, with: "0")
    }
}
