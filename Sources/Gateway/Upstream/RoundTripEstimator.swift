internal import System
internal import EventLoop

/// How long a reply takes, and so how long to wait before a datagram is sent again (RFC 6298, as RFC 8085 3.1.1 asks).
///
/// Arithmetic on what it is told: no clock, no sockets. Only exchanges of a single datagram may be told, for the reply
/// to a repeated one does not say which it answers (Karn's rule, RFC 6298 3).
struct RoundTripEstimator {
    /// For how long to wait at most while nothing is known (RFC 8085 3.1.1).
    private static let longestInitial = Interval.seconds(1)

    /// For how long to wait while nothing is known.
    private let initial: Interval
    /// The least time before a datagram is sent again.
    let floor: Interval
    private var smoothed: Double?
    private var variation = 0.0

    /// - `initial`: the first pause where all attempts share out the time that an exchange has; it may be shorter than
    ///   what RFC 8085 suggests, because the operator who sets a short time knows that replies are soon.
    init(floor: Interval, initial: Interval) {
        self.floor = floor
        self.initial = max(floor, min(initial, Self.longestInitial))
    }

    /// The smoothed round-trip time; nil while nothing is known.
    var roundTrip: Interval? { smoothed.map { Interval(nanoseconds: UInt64($0)) } }

    /// Takes a measured round trip in (RFC 6298 2.2 and 2.3).
    mutating func sample(_ roundTrip: Interval) {
        let measured = Double(roundTrip.nanoseconds)
        guard let smoothed else {
            smoothed = measured
            variation = measured / 2
            return
        }
        variation += (abs(smoothed - measured) - variation) / 4
        self.smoothed = smoothed + (measured - smoothed) / 8
    }

    /// How long the first datagram of an exchange gets before it is sent again (RFC 6298 2.3).
    var timeout: Interval {
        guard let smoothed else { return initial }
        return max(floor, Interval(nanoseconds: UInt64(smoothed + 4 * variation)))
    }

    /// How long an attempt gets: twice as long as the one before, and up to a tenth more, so that what was lost
    /// together is not sent again together.
    ///
    /// - `jitter`: 0 to 1, at random.
    func timeout(attempt: Int, jitter: Double) -> Interval {
        let doubled = Double(timeout.nanoseconds) * Double(1 << min(attempt - 1, 20))
        return Interval(nanoseconds: UInt64(attempt == 1 ? doubled : doubled * (1 + jitter / 10)))
    }
}
