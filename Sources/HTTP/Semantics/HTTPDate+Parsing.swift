/// Reads dates in all three formats that a recipient must accept (RFC 9110 5.6.7).
extension HTTPDate {
    /// Reads the date in the range; nil if it is malformed, or names a day that does not exist.
    ///
    /// The old format with a two-digit year needs the present time: a date more than 50 years ahead lies in the past.
    public init?(_ bytes: Span<UInt8>, _ range: Range<Int>, now: Int64) {
        var reader = DateReader(position: range.lowerBound, end: range.upperBound)
        guard let seconds = reader.read(bytes, now), reader.position == range.upperBound else { return nil }
        self.init(unixSeconds: seconds)
    }
}

/// Reads a date from left to right; nil at the first mismatch.
private struct DateReader {
    var position: Int
    let end: Int

    mutating func read(_ bytes: Span<UInt8>, _ now: Int64) -> Int64? {
        guard let name = letters(bytes) else { return nil }
        if take(",", bytes) {
            guard take(" ", bytes) else { return nil }
            if let weekday = HTTPDate.dayNames.firstIndex(of: name) { return fixedDate(bytes, weekday) }
            guard let weekday = DateReader.longDayNames.firstIndex(of: name) else { return nil }
            return oldDate(bytes, weekday, now)
        }
        guard let weekday = HTTPDate.dayNames.firstIndex(of: name), take(" ", bytes) else { return nil }
        return asctimeDate(bytes, weekday)
    }

    private static let longDayNames = [
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    ]

    /// `06 Nov 1994 08:49:37 GMT`, after `Sun, `.
    private mutating func fixedDate(_ bytes: Span<UInt8>, _ weekday: Int) -> Int64? {
        guard let day = digits(2, bytes), take(" ", bytes), let month = month(bytes), take(" ", bytes) else {
            return nil
        }
        guard let year = digits(4, bytes), take(" ", bytes), let time = time(bytes), take(" GMT", bytes) else {
            return nil
        }
        return seconds(CivilDay(year: year, month: month, day: day), time, weekday)
    }

    /// `06-Nov-94 08:49:37 GMT`, after `Sunday, ` (RFC 850).
    private mutating func oldDate(_ bytes: Span<UInt8>, _ weekday: Int, _ now: Int64) -> Int64? {
        guard let day = digits(2, bytes), take("-", bytes), let month = month(bytes), take("-", bytes) else {
            return nil
        }
        guard let short = digits(2, bytes), take(" ", bytes), let time = time(bytes), take(" GMT", bytes) else {
            return nil
        }
        let present = CivilDay(daysSince1970: CivilDay.dividedDown(now, 86400)).year
        let ahead = present - present % 100 + short
        let year = ahead > present + 50 ? ahead - 100 : ahead
        return seconds(CivilDay(year: year, month: month, day: day), time, weekday)
    }

    /// `Nov  6 08:49:37 1994`, after `Sun ` (the C library's asctime).
    private mutating func asctimeDate(_ bytes: Span<UInt8>, _ weekday: Int) -> Int64? {
        guard let month = month(bytes), take(" ", bytes) else { return nil }
        let isShort = take(" ", bytes)
        guard let day = digits(isShort ? 1 : 2, bytes), take(" ", bytes) else { return nil }
        guard let time = time(bytes), take(" ", bytes), let year = digits(4, bytes) else { return nil }
        return seconds(CivilDay(year: year, month: month, day: day), time, weekday)
    }

    /// A weekday that contradicts the date makes the whole date invalid.
    private func seconds(_ day: CivilDay, _ time: Int64, _ weekday: Int) -> Int64? {
        guard day.exists, day.year > 0, day.weekday == weekday else { return nil }
        return day.daysSince1970 * 86400 + time
    }

    /// `08:49:37`; the second may be 60, a leap second, which counts as the first of the next minute.
    private mutating func time(_ bytes: Span<UInt8>) -> Int64? {
        guard let hour = digits(2, bytes), take(":", bytes), let minute = digits(2, bytes), take(":", bytes),
            let second = digits(2, bytes), hour < 24, minute < 60, second <= 60
        else { return nil }
        return Int64(hour * 3600 + minute * 60 + second)
    }

    private mutating func month(_ bytes: Span<UInt8>) -> Int? {
        guard let name = letters(bytes), let index = HTTPDate.monthNames.firstIndex(of: name) else { return nil }
        return index + 1
    }

    /// Names are case-sensitive.
    private mutating func letters(_ bytes: Span<UInt8>) -> String? {
        var name = ""
        while position < end, bytes[position].lowercased &- UInt8(ascii: "a") < 26, name.utf8.count < 9 {
            name.unicodeScalars.append(Unicode.Scalar(bytes[position]))
            position += 1
        }
        return name.isEmpty ? nil : name
    }

    private mutating func digits(_ count: Int, _ bytes: Span<UInt8>) -> Int? {
        guard position + count <= end, let number = bytes.decimal(position..<position + count) else { return nil }
        position += count
        return number
    }

    private mutating func take(_ text: String, _ bytes: Span<UInt8>) -> Bool {
        for (index, byte) in text.utf8.enumerated() {
            guard position + index < end, bytes[position + index] == byte else { return false }
        }
        position += text.utf8.count
        return true
    }
}
