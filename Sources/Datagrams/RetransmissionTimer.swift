internal import System
internal import EventLoop

/// How long a client waits for a reply before it sends a datagram again (RFC 8085 3.1.1, RFC 6298).
struct RetransmissionTimer {
    /// While nothing is known: longer than most round trips.
    ///
    /// RFC 8085 would wait a second, and the one who waits here is a person.
    static let initial = Interval.milliseconds(100)
    /// The least time, for a server on the same machine may be slow for once.
    static let floor = Interval.milliseconds(20)

    private var smoothed: UInt64?
    private var variation: UInt64 = 0

    /// Nothing is known yet.
    init() {}

    /// How long the first datagram of an exchange gets (RFC 6298 2.3).
    var timeout: Interval {
        guard let smoothed else { return Self.initial }
        return max(Self.floor, Interval(nanoseconds: smoothed + 4 * variation))
    }

    /// How long an attempt gets: twice as long as the one before (RFC 6298 5.5).
    func timeout(attempt: Int) -> Interval {
        Interval(nanoseconds: timeout.nanoseconds << UInt64(min(attempt - 1, 20)))
    }

    /// Takes the round trip of an exchange of one datagram; the reply to a repeated one does not tell which it answers
    /// (RFC 6298 3).
    mutating func measure(_ roundTrip: Interval) {
        let measured = roundTrip.nanoseconds
        guard let smoothed else {
            (self.smoothed, variation) = (measured, measured / 2)
            return
        }
        let difference = max(smoothed, measured) - min(smoothed, measured)
        variation = (3 * variation + difference) / 4
        self.smoothed = (7 * smoothed + measured) / 8
    }
}
