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
    public static func unixSeconds() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec)
    }
}
