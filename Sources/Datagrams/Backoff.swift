package import System

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
