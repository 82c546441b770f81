/// Consecutive errors of a receive, and the pause that they ask for.
///
/// An error that reports one datagram is gone once it is read (socket(7), SO_ERROR). Others last, such as a lack of
/// memory, and a loop that retried at once would do nothing else.
public struct ErrorRun {
    /// This many in a row may be reports.
    private static let unsuspicious = 16
    private static let longestPause = Interval.milliseconds(100)

    private var count = 0

    /// Begins without errors.
    public init() {}

    /// Notes an error.
    public mutating func note() { count += 1 }

    /// Notes a successful receive.
    public mutating func end() { count = 0 }

    /// The pause before the next receive: a millisecond at first, and each time twice as long; nil for none.
    public var pause: Interval? {
        guard count > Self.unsuspicious else { return nil }
        let doublings = min(count - Self.unsuspicious - 1, 10)
        return min(.milliseconds(1 << UInt64(doublings)), Self.longestPause)
    }
}
