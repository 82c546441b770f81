import HTTP
import Testing

@Suite struct HTTPDateTests {
    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
        (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
        (2_147_483_648, "Tue, 19 Jan 2038 03:14:08 GMT"),
        (4_107_456_000, "Sun, 28 Feb 2100 00:00:00 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        (-62_135_596_800, "Mon, 01 Jan 0001 00:00:00 GMT"),
    ])
    func thereAndBack(seconds: Int64, text: String) {
        #expect(HTTPDate(unixSeconds: seconds).text == text)
        #expect(date(text)?.unixSeconds == seconds)
    }

    @Test func yearsBeyondFourDigitsAreCut() {
        #expect(HTTPDate(unixSeconds: .max).text == "Fri, 31 Dec 9999 23:59:59 GMT")
        #expect(HTTPDate(unixSeconds: .min).text == "Mon, 01 Jan 0001 00:00:00 GMT")
    }

    /// Every day of four centuries follows the one before by the rules that schools teach.
    @Test func calendar() {
        var (year, month, day) = (1970, 1, 1)
        let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        for number in 0..<146_097 {
            let digits = day < 10 ? "0\(day)" : "\(day)"
            let text = HTTPDate(unixSeconds: Int64(number) * 86400).text.dropFirst(5).dropLast(13)
            if text != "\(digits) \(names[month - 1]) \(year)" {
                Issue.record("day \(number) reads \(text)")
                return
            }
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let length = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
            (day, month) = day < length ? (day + 1, month) : (1, month + 1)
            if month > 12 { (month, year) = (1, year + 1) }
        }
    }

    @Test(arguments: [
        "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun Nov 06 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 GMT",
    ])
    func oldFormats(text: String) {
        #expect(date(text)?.unixSeconds == 784_111_777)
    }

    @Test func twoDigitsOfYearAreReadFromThePresent() {
        let present: Int64 = 1_700_000_000
        #expect(date("Tuesday, 14-Nov-73 00:00:00 GMT", now: present)?.text == "Tue, 14 Nov 2073 00:00:00 GMT")
        #expect(date("Thursday, 14-Nov-74 00:00:00 GMT", now: present)?.text == "Thu, 14 Nov 1974 00:00:00 GMT")
        // The present is 22:13:20 on this day.
        #expect(date("Tuesday, 14-Nov-73 22:13:20 GMT", now: present)?.text == "Tue, 14 Nov 2073 22:13:20 GMT")
        #expect(date("Wednesday, 14-Nov-73 22:13:21 GMT", now: present)?.text == "Wed, 14 Nov 1973 22:13:21 GMT")
        #expect(date("Monday, 31-Dec-73 23:59:60 GMT", now: present)?.text == "Tue, 01 Jan 1974 00:00:00 GMT")
    }

    @Test func aLeapSecondIsTheNextOne() {
        #expect(date("Sat, 31 Dec 2016 23:59:60 GMT")?.text == "Sun, 01 Jan 2017 00:00:00 GMT")
    }

    @Test(arguments: [
        "", "now", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Mon, 06 Nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT", "sun, 06 nov 1994 08:49:37 gmt",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:37 GMT", "Tue, 30 Feb 2024 00:00:00 GMT",
        "Wed, 29 Feb 2023 00:00:00 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov +994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT", "Sunday, 06 Nov 1994 08:49:37 GMT", "Sun Nov 6 08:49:37 1994",
    ])
    func notADate(text: String) {
        #expect(date(text) == nil)
    }

    private func date(_ text: String, now: Int64 = 1_700_000_000) -> HTTPDate? {
        let bytes = Array(text.utf8)
        return HTTPDate(bytes.span, 0..<bytes.count, now: now)
    }
}

extension HTTPDate {
    fileprivate var text: String { String(decoding: bytes, as: UTF8.self) }
}
