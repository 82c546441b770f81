internal import System
internal import EventLoop

/// The distribution of round trips, in the buckets of a Prometheus histogram.
struct RoundTripHistogram: Sendable {
    /// The upper bounds of the buckets in microseconds; a last bucket has none.
    static let bounds: [UInt64] = [
        100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    ]

    /// Round trips by bucket, each counted once.
    private(set) var counts = [Int](repeating: 0, count: Self.bounds.count + 1)
    /// All round trips together, in nanoseconds.
    private(set) var sum: UInt64 = 0

    /// Counts a round trip.
    @inline(__always)
    mutating func add(_ roundTrip: Interval) {
        var bucket = 0
        while bucket < Self.bounds.count, roundTrip.nanoseconds > Self.bounds[bucket] * 1000 { bucket += 1 }
        counts[bucket] += 1
        sum &+= roundTrip.nanoseconds
    }

    /// Adds another worker's counts.
    mutating func add(_ other: RoundTripHistogram) {
        for bucket in counts.indices { counts[bucket] += other.counts[bucket] }
        sum &+= other.sum
    }
}
