package import System

/// A datagram in the noise, and its fate.
package struct NoiseEvent: Sendable, CustomStringConvertible {
    /// The time of its arrival, since the proxy's start.
    package let time: Interval
    package let direction: NoiseDirection
    /// The client that sent it or is to receive it.
    package let client: SocketAddress
    package let passage: NoisePassage

    /// One line, such as "0.012345 127.0.0.1:40000 to server #12, 52 bytes: lost".
    package var description: String {
        let number = passage.number.map { " #\($0)" } ?? ""
        let datagram = "\(number), \(passage.size) \(passage.size == 1 ? "byte" : "bytes")"
        return
            "\(time.fixedPoint(unit: 1_000_000_000, digits: 6)) \(client) \(direction.rawValue)\(datagram): \(passage)"
    }
}

extension NoisePassage: CustomStringConvertible {
    /// The fate in a few words, such as "passed on" or "doubled: delayed 20.500 ms; delayed 23.000 ms, bit 77 flipped".
    package var description: String {
        guard let first else { return number != nil ? "lost" : "rejected\(rejection.map { ": \($0)" } ?? "")" }
        guard let second else { return words(for: first) }
        return "doubled: \(words(for: first)); \(words(for: second))"
    }

    private func words(for copy: Copy) -> String {
        switch copy.failure {
        case .overflowed: return "overflowed"
        case .unsent(let error): return "not sent: \(error)"
        case nil: break
        }
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
