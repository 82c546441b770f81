package import System

/// The time that a client waits for a reply before it sends a datagram again (RFC 8085 3.1.1, RFC 6298).
struct RetransmissionTimer {
    /// The time before the first measurement: longer than most round trips.
    ///
    /// RFC 8085 asks for a second; this client serves a waiting person.
    static let initial = Interval.milliseconds(100)
    /// The least time: a server on the same machine may be slow for once.
    static let floor = Interval.milliseconds(20)

    private var smoothed: UInt64?
    private var variation: UInt64 = 0

    init() {}

    /// The time of an exchange's first datagram (RFC 6298 2.3).
    var timeout: Interval {
        guard let smoothed else { return Self.initial }
        return max(Self.floor, Interval(nanoseconds: smoothed + 4 * variation))
    }

    /// The time of an attempt: twice as long as that of the one before (RFC 6298 5.5).
    func timeout(attempt: Int) -> Interval {
        Interval(nanoseconds: timeout.nanoseconds << UInt64(min(attempt - 1, 20)))
    }

    /// Takes the round trip of an exchange with a single datagram; the reply to a repeated one does not report which
    /// datagram it answers (RFC 6298 3).
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

/// The times at which an unanswered datagram is sent again.
package enum Backoff {
    /// The end of an attempt, from the first send: each pause is twice as long as the one before (RFC 8085 3.1.1), and
    /// the last one ends with the timeout.
    package static func elapsed(after attempt: Int, of attempts: Int, within timeout: Interval) -> Interval {
        precondition((1...attempts).contains(attempt), "attempts count from 1")
        // Division after the multiplication may lose a nanosecond.
        guard attempt < attempts else { return timeout }
        let doublings = { (count: Int) in Double(1 << min(count, 52)) - 1 }
        return Interval(nanoseconds: UInt64(Double(timeout.nanoseconds) * doublings(attempt) / doublings(attempts)))
    }
}
