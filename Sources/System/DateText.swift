internal import CLinux
internal import Glibc

/// Dates as texts in UTC with English names, by the C library; the program sets no locale (strftime(3), strptime(3)).
public enum DateText {
    /// The point in time by a pattern of strftime(3).
    public static func write(_ seconds: Int64, _ pattern: String) -> String {
        var seconds = time_t(seconds)
        var parts = unsafe tm()
        _ = unsafe gmtime_r(&seconds, &parts)
        return unsafe text(of: &parts, pattern)
    }

    /// The seconds since 1970 that a text names; nil where it is not exactly what `write` would write for them.
    ///
    /// A leap second counts as the first one of the next minute.
    ///
    /// - `now`: the present, for a year of two digits: a moment more than 50 years ahead lies in the past (RFC 9110
    ///   5.6.7).
    public static func read(_ text: String, _ pattern: String, now: Int64) -> Int64? {
        var parts = unsafe tm()
        // It takes other case, other blanks and shorter numbers as well.
        guard unsafe strptime(text, pattern, &parts) != nil, unsafe self.text(of: &parts, pattern) == text else {
            return nil
        }
        if pattern.contains("%y") { unsafe parts.tm_year = year(of: parts, now: now) }
        let second = unsafe parts.tm_sec
        unsafe parts.tm_sec = 0
        var normal = unsafe parts
        let minute = unsafe timegm(&normal)
        // A day that does not exist has become another one, and so has a weekday that contradicts the date.
        guard second <= 60, unsafe normal.tm_mday == parts.tm_mday, unsafe normal.tm_wday == parts.tm_wday else {
            return nil
        }
        return Int64(minute) + Int64(second)
    }

    /// The year, less 1900, for one of two digits.
    private static func year(of parts: tm, now: Int64) -> Int32 {
        var now = time_t(now)
        var latest = unsafe tm()
        _ = unsafe gmtime_r(&now, &latest)
        let year = unsafe latest.tm_year - latest.tm_year % 100 + parts.tm_year % 100
        unsafe latest.tm_year += 50
        var moment = unsafe parts
        unsafe moment.tm_year = year
        return unsafe timegm(&moment) > timegm(&latest) ? year - 100 : year
    }

    private static func text(of parts: inout tm, _ pattern: String) -> String {
        // A year has four digits here, and one or more in C.
        let pattern = pattern.replacing("%Y", with: "%04Y")
        var bytes = [CChar](repeating: 0, count: 64)
        let length = unsafe strftime(&bytes, bytes.count, pattern, &parts)
        return String(decoding: bytes[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
