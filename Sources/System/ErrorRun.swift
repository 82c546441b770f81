/// Errors that a receive reports one after another, and how long to leave the socket alone because of them.
///
/// An error that is the report of one datagram is gone once it is read (socket(7), SO_ERROR). Others last, such as a lack
/// of memory, and a loop that asks again at once would do nothing else.
public struct ErrorRun {
    /// So many in a row may be reports.
    private static let unsuspicious = 16
    private static let longestPause = Interval.milliseconds(100)

    private var count = 0

    /// No error yet.
    public init() {}

    /// Notes an error.
    public mutating func note() { count += 1 }

    /// Notes that a receive went well.
    public mutating func end() { count = 0 }

    /// How long to wait before the next receive: from a millisecond on, and each time twice as long; nil for not at all.
    public var pause: Interval? {
        guard count > Self.unsuspicious else { return nil }
        let doublings = min(count - Self.unsuspicious - 1, 10)
        return min(.milliseconds(1 << UInt64(doublings)), Self.longestPause)
    }
}
