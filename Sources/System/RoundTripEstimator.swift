/// Estimates the round trip, and the wait before a datagram is sent again (RFC 6298, as RFC 8085 3.1.1 asks).
///
/// It has no clock and no sockets. Only exchanges of a single datagram are samples, for the reply to a repeated one
/// does not tell which datagram it answers (Karn's rule, RFC 6298 3).
public struct RoundTripEstimator {
    /// The longest wait before the first sample (RFC 8085 3.1.1).
    private static let longestInitial = Interval.seconds(1)

    /// The wait before the first sample.
    private let initial: Interval
    /// The least time before a datagram is sent again.
    private let floor: Interval
    @usableFromInline var smoothed: Double?
    @usableFromInline var variation = 0.0
    /// The least wait until the next sample, in nanoseconds.
    @usableFromInline var least = 0.0

    /// - `initial`: the wait before the first sample, a second at most (RFC 8085 3.1.1); it may be shorter, because an
    ///   operator who sets a short time expects replies soon.
    public init(floor: Interval, initial: Interval) {
        self.floor = floor
        self.initial = max(floor, min(initial, Self.longestInitial))
    }

    /// The smoothed round-trip time; nil before the first sample.
    public var roundTrip: Interval? { smoothed.map { Interval(nanoseconds: UInt64($0)) } }

    /// Adds a sample (RFC 6298 2.2 and 2.3).
    @inlinable @inline(__always)
    public mutating func sample(_ roundTrip: Interval) {
        let measured = Double(roundTrip.nanoseconds)
        if least > 0 { least = 0 }
        guard let smoothed else {
            smoothed = measured
            variation = measured / 2
            return
        }
        variation += (abs(smoothed - measured) - variation) / 4
        self.smoothed = smoothed + (measured - smoothed) / 8
    }

    /// Takes note of a reply to one of several datagrams: no sample, but its round trip was not longer than this.
    ///
    /// Until the next sample the wait is longer, so that there will be one: a service that has become slower than the wait
    /// would get each datagram twice for ever (RFC 6298 5 keeps the doubled wait for the same reason).
    ///
    /// - `elapsed`: the time since the first datagram.
    public mutating func noteRepeated(_ elapsed: Interval) {
        least = max(least, 1.25 * Double(elapsed.nanoseconds))
    }

    /// The time of an exchange's first datagram before it is sent again (RFC 6298 2.3).
    public var timeout: Interval {
        guard let smoothed else { return max(initial, Interval(nanoseconds: UInt64(least))) }
        return max(floor, Interval(nanoseconds: UInt64(max(least, smoothed + 4 * variation))))
    }

    /// The time of an attempt: twice as long as the one before, and up to a tenth more, so that datagrams lost together
    /// are not sent again together.
    ///
    /// - `jitter`: 0 to 1, at random.
    public func timeout(attempt: Int, jitter: Double = 0) -> Interval {
        let doubled = Double(timeout.nanoseconds) * Double(1 << min(attempt - 1, 20))
        return Interval(nanoseconds: UInt64(attempt == 1 ? doubled : doubled * (1 + jitter / 10)))
    }
}
