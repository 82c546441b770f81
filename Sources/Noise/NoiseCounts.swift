internal import System

/// The counters of one direction's datagrams.
///
/// The counters balance: `received + duplicated` is `lost + sent + rejected + overflowed + failed + held`.
package struct NoiseCounts: Equatable, Sendable {
    /// Datagrams that the proxy took from a socket.
    package var received = 0
    /// Datagrams lost by the settings.
    package var lost = 0
    /// Datagrams doubled by the settings.
    package var duplicated = 0
    /// Delayed copies, whatever the reason.
    package var delayed = 0
    /// Copies that wait for others to overtake them.
    package var reordered = 0
    /// Copies with one bit flipped.
    package var corrupted = 0
    /// Copies with their end cut off.
    package var truncated = 0
    /// Copies that were sent.
    package var sent = 0
    /// Copies under way now.
    package var held = 0
    /// Datagrams of clients for which there was no room or no socket.
    package var rejected = 0
    /// Copies for whose delay there was no memory.
    package var overflowed = 0
    /// Copies that the kernel refused to send.
    package var failed = 0
    /// Reports that the server's port is closed (ICMP).
    package var refused = 0
    /// Datagrams that the kernel dropped before the proxy, at a full receive queue.
    package var unseen = 0

    package init() {}

    /// Counts the decisions for a datagram.
    mutating func note(_ passage: NoisePassage) {
        received += 1
        if passage.first == nil { lost += 1 }
        if passage.second != nil { duplicated += 1 }
        if let first = passage.first { note(first, of: passage.size) }
        if let second = passage.second { note(second, of: passage.size) }
    }

    private mutating func note(_ copy: NoisePassage.Copy, of size: Int) {
        if copy.delay.nanoseconds > 0 { delayed += 1 }
        if copy.isHeldBack { reordered += 1 }
        if copy.length < size { truncated += 1 }
        if copy.flippedBit != nil { corrupted += 1 }
    }
}

extension BothWays: CustomStringConvertible where Value == NoiseCounts {
    /// A table with a line for each counter of the noise, and for each other counter that is not 0.
    package var description: String {
        let rows: [(String, KeyPath<NoiseCounts, Int>, Bool)] = [
            ("received", \.received, true), ("lost", \.lost, true), ("doubled", \.duplicated, true),
            ("delayed", \.delayed, true), ("held back", \.reordered, true), ("corrupted", \.corrupted, true),
            ("cut", \.truncated, true), ("sent", \.sent, true), ("still held", \.held, false),
            ("rejected", \.rejected, false), ("overflowed", \.overflowed, false), ("failed", \.failed, false),
            ("refused", \.refused, false), ("not seen", \.unseen, false),
        ]
        let lines = rows.filter { $0.2 || toServer[keyPath: $0.1] + toClient[keyPath: $0.1] > 0 }.map {
            row($0.0, "\(toServer[keyPath: $0.1])", "\(toClient[keyPath: $0.1])")
        }
        return ([row("", "to server", "to client")] + lines).joined(separator: "\n")
    }

    private func row(_ name: String, _ left: String, _ right: String) -> String {
        name.padded(to: -12) + left.padded(to: 12) + right.padded(to: 12)
    }
}
