public import EventLoop
public import Sockets

/// A datagram that met the noise, and what was done to it.
public struct NoiseEvent: Sendable, CustomStringConvertible {
    /// When it came, since the proxy started.
    public let time: Interval
    /// Which way it travels.
    public let direction: NoiseDirection
    /// The client that sent it or is to get it.
    public let client: SocketAddress
    /// What was done to it.
    public let passage: NoisePassage

    /// One line, such as "0.012345 127.0.0.1:40000 to server #12, 52 bytes: lost".
    public var description: String {
        let datagram = "#\(passage.number), \(passage.size) \(passage.size == 1 ? "byte" : "bytes")"
        return
            "\(time.fixedPoint(unit: 1_000_000_000, digits: 6)) \(client) \(direction.rawValue) \(datagram): \(passage)"
    }
}

extension NoisePassage: CustomStringConvertible {
    /// What was done, in a few words, such as "passed on" or "doubled: delayed 20.5 ms; delayed 23 ms, bit 77 flipped".
    public var description: String {
        guard let first else { return "lost" }
        guard let second else { return words(for: first) }
        return "doubled: \(words(for: first)); \(words(for: second))"
    }

    private func words(for copy: Copy) -> String {
        var words: [String] = []
        if copy.delay.nanoseconds > 0 {
            let time = copy.delay.fixedPoint(unit: 1_000_000, digits: 3)
            words.append("\(copy.isHeldBack ? "held back" : "delayed") \(time) ms")
        }
        if copy.length < size { words.append("cut to \(copy.length)") }
        if let bit = copy.flippedBit { words.append("bit \(bit) flipped") }
        return words.isEmpty ? "passed on" : words.joined(separator: ", ")
    }
}

extension Interval {
    /// The length as a decimal number with a fixed count of digits after the point, rounded half up.
    func fixedPoint(unit: UInt64, digits: Int) -> String {
        let scale = (0..<digits).reduce(1 as UInt64) { power, _ in power * 10 }
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: unit)
        let fraction = (rest * scale + unit / 2) / unit
        let text = String(fraction % scale)
        let zeros = String(repeating: "0", count: digits - text.count)
        return "\(whole + fraction / scale).\(zeros)\(text)"
    }
}
