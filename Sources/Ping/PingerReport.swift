internal import EventLoop
internal import Histogram
package import System

/// The result of a run: counts, round trips, and their distribution.
package struct PingerReport: Sendable, CustomStringConvertible {
    package let server: SocketAddress
    /// Probes sent.
    package internal(set) var sent = 0
    /// Probes answered in time.
    package internal(set) var received = 0
    /// Further replies to probes.
    package internal(set) var duplicates = 0
    /// Replies to expired probes.
    package internal(set) var late = 0
    /// Datagrams that do not echo a probe.
    package internal(set) var foreign = 0
    /// Reports that the port is closed (ICMP).
    package internal(set) var refused = 0
    private var shortest = Interval(nanoseconds: .max)
    private var longest = Interval(nanoseconds: 0)
    private var total = Interval(nanoseconds: 0)
    /// Nanoseconds to three digits: the same memory for ten probes and for a million.
    private var roundTrips = Histogram<UInt32>(
        lowestDiscernibleValue: 1, highestTrackableValue: 3_700_000_000_000, numberOfSignificantValueDigits: .three)

    init(server: SocketAddress) {
        self.server = server
    }

    mutating func record(_ roundTrip: Interval) {
        received += 1
        shortest = min(shortest, roundTrip)
        longest = max(longest, roundTrip)
        total = Interval(nanoseconds: total.nanoseconds &+ roundTrip.nanoseconds)
        roundTrips.record(max(1, roundTrip.nanoseconds))
    }

    /// The share of probes without a reply in time, in per cent.
    package var lossPercentage: Double { sent == 0 ? 0 : Double(sent - received) * 100 / Double(sent) }

    /// The shortest round trip; nil when there was none.
    package var minimum: Interval? { received == 0 ? nil : shortest }

    /// The longest round trip; nil when there was none.
    package var maximum: Interval? { received == 0 ? nil : longest }

    /// The mean of the round trips; nil when there was none.
    package var mean: Interval? { received == 0 ? nil : Interval(nanoseconds: total.nanoseconds / UInt64(received)) }

    /// The round trip that this percentage of all did not exceed, to three digits; nil when there was none.
    package func percentile(_ percentage: Double) -> Interval? {
        guard received > 0 else { return nil }
        // The histogram answers with the upper end of a step, which may lie beyond the longest.
        let value = Interval(nanoseconds: roundTrips.valueAtPercentile(percentage))
        return max(shortest, min(longest, value))
    }

    /// The summary, in the form of the system's ping.
    package var description: String {
        let loss = Int((lossPercentage * 10).rounded())
        let share = loss % 10 == 0 ? "\(loss / 10)" : "\(loss / 10).\(loss % 10)"
        var lines = ["--- \(server) ping statistics ---", "\(sent) sent, \(received) received, \(share)% loss"]
        let others = [("duplicate", duplicates), ("late", late), ("foreign", foreign), ("refused", refused)]
        lines[1] += others.filter { $0.1 > 0 }.map { ", \($0.1) \($0.0)" }.joined()
        let measured = [minimum, mean, percentile(50), percentile(99), maximum].compactMap { $0 }
        if !measured.isEmpty {
            let times = measured.map { $0.fixedPoint(unit: 1_000_000, digits: 3) }.joined(separator: "/")
            lines.append("round trip min/mean/p50/p99/max = \(times) ms")
        }
        return lines.joined(separator: "\n")
    }

    /// The round trips in classes of 1, 2 and 5 times each power of ten, with a line and a bar for each.
    package var histogram: String {
        guard let minimum, let maximum else { return "no round trips" }
        let bounds = Self.bounds
        let classes = zip(bounds, bounds.dropFirst()).filter { $0.1 > minimum && $0.0 <= maximum }
        let counts = classes.map { Int(roundTrips.count(within: $0.0.nanoseconds...$0.1.nanoseconds - 1)) }
        let most = max(1, counts.max() ?? 1)
        return zip(classes, counts).map { bounds, count in
            let bar = String(repeating: "#", count: (count * 50 + most - 1) / most)
            let range = "\(bounds.0)".padded(to: 6) + " to " + "\(bounds.1)".padded(to: -6)
            return "\(range) |\(bar.padded(to: -50)) \(count)"
        }.joined(separator: "\n")
    }

    /// From a microsecond to some hours: 1us, 2us, 5us, 10us, and so on.
    private static var bounds: [Interval] {
        var bounds = [Interval(nanoseconds: 0)]
        var power: UInt64 = 1000
        while power <= 10_000_000_000_000 {
            bounds += [1, 2, 5].map { Interval(nanoseconds: $0 * power) }
            power *= 10
        }
        return bounds
    }
}
