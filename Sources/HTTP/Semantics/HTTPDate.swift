/// A moment in whole seconds, in HTTP's format: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 5.6.7).
///
/// The initialiser writes the text, so that a server writes it once a second and uses it many times.
public struct HTTPDate: Sendable, Equatable {
    /// Seconds since the beginning of 1970, UTC, without leap seconds.
    public let unixSeconds: Int64

    /// The 29 bytes of the preferred format (IMF-fixdate).
    public let bytes: [UInt8]

    /// The last second that four digits of year can name: the end of 9999.
    static let lastSecond: Int64 = 253_402_300_799
    /// The first second of the year 1, before which years would need a sign.
    static let firstSecond: Int64 = -62_135_596_800

    /// The date this many seconds after the beginning of 1970; years outside 1 to 9999 are clamped.
    public init(unixSeconds: Int64) {
        let seconds = min(max(unixSeconds, HTTPDate.firstSecond), HTTPDate.lastSecond)
        self.unixSeconds = seconds
        bytes = HTTPDate.format(seconds)
    }

    static let dayNames = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    static let monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private static func format(_ seconds: Int64) -> [UInt8] {
        let days = CivilDay.dividedDown(seconds, 86400)
        let second = Int(seconds - days * 86400)
        let day = CivilDay(daysSince1970: days)
        var out: [UInt8] = []
        out.reserveCapacity(29)
        out.append(contentsOf: dayNames[day.weekday].utf8)
        out.append(contentsOf: ", ".utf8)
        appendTwoDigits(day.day, &out)
        out.append(ASCII.space)
        out.append(contentsOf: monthNames[day.month - 1].utf8)
        out.append(ASCII.space)
        appendTwoDigits(day.year / 100, &out)
        appendTwoDigits(day.year % 100, &out)
        for (part, separator) in [
            (second / 3600, ASCII.space), (second / 60 % 60, ASCII.colon), (second % 60, ASCII.colon),
        ] {
            out.append(separator)
            appendTwoDigits(part, &out)
        }
        out.append(contentsOf: " GMT".utf8)
        return out
    }

    private static func appendTwoDigits(_ number: Int, _ out: inout [UInt8]) {
        out.append(ASCII.zero + UInt8(number / 10))
        out.append(ASCII.zero + UInt8(number % 10))
    }
}

/// A day of the Gregorian calendar.
///
/// Years begin in March here, so that the leap day is the last of its year, and 400 of them make an era of 146,097
/// days.
struct CivilDay: Equatable {
    var year: Int
    var month: Int
    var day: Int

    private static let daysPerEra: Int64 = 146_097
    /// From the first of March of the year 0 to the first of January 1970.
    private static let daysTo1970: Int64 = 719_468

    init(year: Int, month: Int, day: Int) {
        (self.year, self.month, self.day) = (year, month, day)
    }

    init(daysSince1970 days: Int64) {
        let shifted = days + CivilDay.daysTo1970
        let era = CivilDay.dividedDown(shifted, CivilDay.daysPerEra)
        let dayOfEra = Int(shifted - era * CivilDay.daysPerEra)
        let leapDays = dayOfEra / 1460 - dayOfEra / 36524 + dayOfEra / 146_096
        let yearOfEra = (dayOfEra - leapDays) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        // From March on, five months always have 153 days.
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + Int(era) * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSince1970: Int64 {
        let shiftedYear = Int64(month <= 2 ? year - 1 : year)
        let era = CivilDay.dividedDown(shiftedYear, 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * CivilDay.daysPerEra + dayOfEra - CivilDay.daysTo1970
    }

    /// The day of the week; Monday is 0.
    ///
    /// The first of January 1970 was a Thursday.
    var weekday: Int {
        let sinceMonday = daysSince1970 + 3
        return Int(sinceMonday - CivilDay.dividedDown(sinceMonday, 7) * 7)
    }

    /// Whether the day exists: converting its number of days gives it back.
    var exists: Bool {
        (1...12).contains(month) && (1...31).contains(day) && CivilDay(daysSince1970: daysSince1970) == self
    }

    /// Division that rounds down, also below zero.
    static func dividedDown(_ number: Int64, _ divisor: Int64) -> Int64 {
        number / divisor - (number % divisor < 0 ? 1 : 0)
    }
}
