import EventLoop
import System
import Testing

@testable import Gateway

@Suite struct RoundTripHistogramTests {
    private func histogram(_ nanoseconds: [UInt64]) -> RoundTripHistogram {
        var histogram = RoundTripHistogram()
        for count in nanoseconds { histogram.add(Interval(nanoseconds: count)) }
        return histogram
    }

    /// "le" is less than or equal, to the nanosecond.
    @Test(
        arguments: [
            (0, 0), (100_000, 0), (100_001, 1), (250_000, 1), (250_001, 2), (1_000_000, 3), (1_000_001, 4),
            (2_500_000_000, 13), (2_500_000_001, 14), (.max, 14),
        ] as [(UInt64, Int)])
    func aRoundTripIsCountedInTheFirstBucketThatHoldsIt(nanoseconds: UInt64, bucket: Int) {
        var expected = [Int](repeating: 0, count: 15)
        expected[bucket] = 1
        #expect(histogram([nanoseconds]).counts == expected)
        #expect(histogram([nanoseconds]).sum == nanoseconds)
    }

    @Test func boundsAscend() {
        #expect(zip(RoundTripHistogram.bounds, RoundTripHistogram.bounds.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test func workersAreAddedUp() {
        var sum = histogram([50_000, 3_000_000_000])
        sum.add(histogram([60_000, 700_000]))
        let all = histogram([50_000, 60_000, 700_000, 3_000_000_000])
        #expect(sum.counts == all.counts && sum.sum == all.sum)
    }

    /// Prometheus wants each bucket to count those below as well, and the last to be the count.
    @Test func theBucketsOfTheMetricsAreCumulative() {
        var page = PrometheusText()
        page.histogram(
            "wait_seconds", "upstream=\"1\"", histogram([50_000, 100_000, 700_000, 9_000_000, 3_000_000_000]))
        let counts = [
            ("0.0001", 2), ("0.00025", 2), ("0.0005", 2), ("0.001", 3), ("0.0025", 3), ("0.005", 3), ("0.01", 4),
            ("0.025", 4), ("0.05", 4), ("0.1", 4), ("0.25", 4), ("0.5", 4), ("1.0", 4), ("2.5", 4), ("+Inf", 5),
        ]
        let lines =
            counts.map { "letterbox_wait_seconds_bucket{upstream=\"1\",le=\"\($0)\"} \($1)" } + [
                "letterbox_wait_seconds_sum{upstream=\"1\"} 3.00985", "letterbox_wait_seconds_count{upstream=\"1\"} 5",
            ]
        #expect(page.text.split(separator: "\n").map(String.init) == lines)
    }

    /// Two workers that know the same address have one histogram together.
    @Test func theMetricsHaveOneHistogramForEachAddress() throws {
        let address = try #require(SocketAddress("127.0.0.1", port: 9))
        var entry = UpstreamCounts()
        var counts = BackendCounts()
        counts.roundTrips = histogram([50_000])
        entry.backends = [(address, counts)]
        let worker = Statistics.Entry(http: HTTPCounts(), services: [entry])
        let shown = PrometheusText.page(.of([worker, worker]), showingAddresses: { _ in true }).split(separator: "\n")
        let name = "letterbox_udp_round_trip_seconds"
        #expect(shown.contains("\(name)_bucket{upstream=\"127.0.0.1:9\",service=\"/\",le=\"0.0001\"} 2"))
        #expect(shown.contains("\(name)_count{upstream=\"127.0.0.1:9\",service=\"/\"} 2"))
        let hidden = PrometheusText.page(.of([worker, worker]), showingAddresses: { _ in false })
        #expect(hidden.contains("\n\(name)_count{upstream=\"1\",service=\"/\"} 2\n") && !hidden.contains("127.0.0.1"))
    }

    private static func entry(_ ports: [UInt16], of service: String = "/") throws -> Statistics.Entry {
        var counts = UpstreamCounts()
        counts.service = service
        counts.backends = try ports.map { (try #require(SocketAddress("127.0.0.1", port: $0)), BackendCounts()) }
        return Statistics.Entry(http: HTTPCounts(), services: [counts])
    }

    /// A number belongs to one appearance of an address: a series never continues with another one's counters.
    @Test func hiddenAddressesKeepTheirNumbers() throws {
        var numbers = AddressNumbers()
        func update(_ entries: Statistics.Entry...) -> [UInt16: Int] {
            let row = numbers.update(with: entries)["/"] ?? [:]
            return Dictionary(uniqueKeysWithValues: row.map { ($0.key.port, $0.value) })
        }
        #expect(update(try Self.entry([11, 12]), try Self.entry([11, 12])) == [11: 1, 12: 2])
        #expect(update(try Self.entry([10, 12]), try Self.entry([10, 12])) == [10: 3, 12: 2])
        // One worker has heard of the change, and the other has not.
        #expect(update(try Self.entry([10, 11]), try Self.entry([10, 12])) == [10: 3, 11: 4, 12: 2])
        #expect(update(try Self.entry([9], of: "/other")) == [:])
        #expect(update(try Self.entry([12])) == [12: 1])
    }

    /// The latest verdict counts: a worker without requests learns nothing new.
    @Test(arguments: [true, false]) func theLatestVerdictCounts(isUp: Bool) throws {
        let address = try #require(SocketAddress("127.0.0.1", port: 9))
        let entries = [true, false].map { isOld in
            var counts = BackendCounts()
            (counts.isUp, counts.lastVerdict) = (isOld != isUp, MonotonicTime(nanoseconds: isOld ? 1 : 2))
            var upstream = UpstreamCounts()
            upstream.backends = [(address, counts)]
            return Statistics.Entry(http: HTTPCounts(), services: [upstream])
        }
        for entries in [entries, entries.reversed()] {
            let text = PrometheusText.page(.of(entries), showingAddresses: { _ in false })
            #expect(text.contains("letterbox_udp_upstream_up{upstream=\"1\",service=\"/\"} \(isUp ? 1 : 0)\n"))
        }
    }
}
