package import System

/// A likelihood from never (0) to always (1).
package struct Probability: Comparable, Sendable, CustomStringConvertible {
    /// The likelihood, 0 to 1.
    package let fraction: Double

    /// A likelihood; nil unless it is 0 to 1.
    package init?(_ fraction: Double) {
        guard (0...1).contains(fraction) else { return nil }
        self.fraction = fraction
    }

    /// Reads a percentage such as "10%" or "0.5%"; nil when it is malformed or not 0 % to 100 %.
    package init?(percentage text: String) {
        // Double would accept signs, exponents and hexadecimal digits as well.
        guard text.hasSuffix("%"), text.dropLast().allSatisfy({ "0123456789.".contains($0) }),
            let percent = Double(text.dropLast())
        else { return nil }
        self.init(percent / 100)
    }

    package static let never = Probability(unchecked: 0)
    package static let always = Probability(unchecked: 1)

    private init(unchecked fraction: Double) {
        self.fraction = fraction
    }

    /// The percentage, such as "10%" or "0.5%", by which it reads back as the same likelihood.
    package var description: String {
        let percent = fraction * 100
        // The product may be beside the number that was read. Thousandths are tried first, for they look as they were written.
        let numbers = [(percent * 1000).rounded() / 1000, percent, percent.nextDown, percent.nextUp]
        return Self.text(of: numbers.first { Self(percentage: Self.text(of: $0)) == self } ?? percent)
    }

    private static func text(of percent: Double) -> String {
        if percent.truncatingRemainder(dividingBy: 1).isZero { return "\(Int(percent))%" }
        // A small number has an exponent, as in 1.5e-05.
        let parts = "\(percent)".split(separator: "e-")
        guard let exponent = parts.dropFirst().first.flatMap({ Int($0) }) else { return "\(percent)%" }
        return "0.\(String(repeating: "0", count: exponent - 1))\(parts[0].filter { $0 != "." })%"
    }

    package static func < (left: Probability, right: Probability) -> Bool { left.fraction < right.fraction }
}

/// The effects of a network on datagrams of one direction; by default none.
package struct NoiseSettings: Equatable, Sendable {
    /// A datagram never arrives.
    package var loss = Probability.never
    /// It arrives twice; each copy has a delay of its own.
    package var duplicate = Probability.never
    /// It waits for `reorderDelay`, so that datagrams of that time overtake it.
    package var reorder = Probability.never
    /// One of its bits flips.
    package var corrupt = Probability.never
    /// It loses its end, at least one byte.
    package var truncate = Probability.never
    /// The travel time of every datagram.
    package var delay = Interval(nanoseconds: 0)
    /// The greatest deviation from `delay`, evenly spread; the travel time is never negative.
    ///
    /// Each datagram has its own, so that jitter alone reorders datagrams that are closer together.
    package var jitter = Interval(nanoseconds: 0)
    /// The additional travel time of a datagram that lets others overtake it.
    package var reorderDelay = Interval.milliseconds(10)

    package init() {}
}

package enum NoiseDirection: String, CaseIterable, Sendable {
    /// From a client to the server.
    case toServer = "to server"
    /// From the server to a client.
    case toClient = "to client"
}

/// A value for each direction.
package struct BothWays<Value> {
    /// The value for datagrams from a client to the server.
    package var toServer: Value
    /// The value for datagrams from the server to a client.
    package var toClient: Value

    package init(toServer: Value, toClient: Value) {
        self.toServer = toServer
        self.toClient = toClient
    }

    package init(_ value: Value) {
        self.init(toServer: value, toClient: value)
    }

    package subscript(direction: NoiseDirection) -> Value {
        get {
            switch direction {
            case .toServer: toServer
            case .toClient: toClient
            }
        }
        set {
            switch direction {
            case .toServer: toServer = newValue
            case .toClient: toClient = newValue
            }
        }
    }
}

extension BothWays: Sendable where Value: Sendable {}
extension BothWays: Equatable where Value: Equatable {}
