package import System

/// The result of a run: counts, round trips, and their distribution.
package struct PingerReport: Sendable, CustomStringConvertible {
    package let server: SocketAddress
    /// Probes sent.
    package internal(set) var sent = 0
    /// Further replies to probes.
    package internal(set) var duplicates = 0
    /// Replies to expired probes.
    package internal(set) var late = 0
    /// Datagrams that do not echo a probe.
    package internal(set) var foreign = 0
    /// Reports that the port is closed (ICMP).
    package internal(set) var refused = 0
    /// Probes that could not be sent, which do not count as sent, and those that the network has reported as lost.
    package internal(set) var failed = 0
    private var roundTrips: [Interval] = []

    init(server: SocketAddress) {
        self.server = server
    }

    /// Counts a received datagram by its role.
    mutating func note(_ kind: PingerEvent.Kind) {
        switch kind {
        case .reply(_, let roundTrip): roundTrips.append(roundTrip)
        case .duplicate: duplicates += 1
        case .late: late += 1
        case .foreign: foreign += 1
        case .timedOut, .refused, .failed: break
        }
    }

    /// Probes answered in time.
    package var received: Int { roundTrips.count }

    /// The share of probes without a reply in time, in per cent.
    package var lossPercentage: Double { sent == 0 ? 0 : Double(sent - received) * 100 / Double(sent) }

    /// The shortest round trip; nil when there was none.
    package var minimum: Interval? { roundTrips.min() }

    /// The longest round trip; nil when there was none.
    package var maximum: Interval? { roundTrips.max() }

    /// The mean of the round trips; nil when there was none.
    package var mean: Interval? {
        let total = roundTrips.reduce(0) { $0 &+ $1.nanoseconds }
        return roundTrips.isEmpty ? nil : Interval(nanoseconds: total / UInt64(received))
    }

    /// The round trip that this percentage of all did not exceed; nil when there was none.
    package func percentile(_ percentage: Double) -> Interval? {
        guard received > 0 else { return nil }
        let rank = Int((percentage * Double(received) / 100).rounded(.up))
        return roundTrips.sorted()[max(rank, 1) - 1]
    }

    /// The summary, in the form of the system's ping.
    package var description: String {
        let loss = Int((lossPercentage * 10).rounded())
        let share = loss % 10 == 0 ? "\(loss / 10)" : "\(loss / 10).\(loss % 10)"
        var lines = ["--- \(server) ping statistics ---", "\(sent) sent, \(received) received, \(share)% loss"]
        let others = [
            ("duplicate", duplicates), ("late", late), ("foreign", foreign), ("refused", refused), ("failed", failed),
        ]
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
        let counts = classes.map { bounds in roundTrips.count { bounds.0 <= $0 && $0 < bounds.1 } }
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
