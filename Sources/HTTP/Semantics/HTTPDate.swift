internal import System

/// A moment in whole seconds, in HTTP's format: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 5.6.7).
///
/// The initialiser writes the text, so that a server writes it once a second and uses it many times.
public struct HTTPDate: Sendable, Equatable {
    /// Seconds since the beginning of 1970, UTC, without leap seconds.
    public let unixSeconds: Int64

    /// The 29 bytes of the preferred format (IMF-fixdate).
    public let bytes: [UInt8]

    /// The preferred format, and the two old ones that a recipient must accept: RFC 850's, and asctime(3)'s, whose day
    /// below 10 has a space or a zero before it.
    private static let formats = [
        "%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y", "%a %b %d %H:%M:%S %Y",
    ]

    /// The first second of the year 1, before which years would need a sign, and the end of 9999, the last one of four
    /// digits.
    private static let seconds: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    /// The date this many seconds after the beginning of 1970; years outside 1 to 9999 are clamped.
    public init(unixSeconds: Int64) {
        self.unixSeconds = min(max(unixSeconds, Self.seconds.lowerBound), Self.seconds.upperBound)
        bytes = Array(DateText.write(self.unixSeconds, Self.formats[0]).utf8)
    }

    /// Reads the date in the range; nil if it is malformed, or names a day that does not exist.
    ///
    /// - `now`: the present, for the old format with a two-digit year.
    public init?(_ bytes: Span<UInt8>, _ range: Range<Int>, now: Int64) {
        // The longest has 33 bytes: "Wednesday, 09-Nov-94 08:49:37 GMT".
        guard range.count <= 33 else { return nil }
        let text = String(decoding: range.map { bytes[$0] }, as: UTF8.self)
        let readings = Self.formats.lazy.compactMap { DateText.read(text, $0, now: now) }
        guard let seconds = readings.first else { return nil }
        self.init(unixSeconds: seconds)
    }
}
