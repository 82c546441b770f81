package import System
internal import EventLoop

/// How likely something is, from never (0) to always (1).
package struct Probability: Comparable, Sendable, CustomStringConvertible {
    /// The likelihood, 0 to 1.
    package let fraction: Double

    /// A likelihood; nil unless it is 0 to 1.
    package init?(_ fraction: Double) {
        guard (0...1).contains(fraction) else { return nil }
        self.fraction = fraction
    }

    /// Reads a percentage such as "10%" or "0.5%"; nil when it is anything else or not 0 % to 100 %.
    package init?(percentage text: String) {
        guard text.hasSuffix("%"), let percent = Double(text.dropLast()) else { return nil }
        self.init(percent / 100)
    }

    /// What does not happen.
    package static let never = Probability(unchecked: 0)
    /// What happens every time.
    package static let always = Probability(unchecked: 1)

    private init(unchecked fraction: Double) {
        self.fraction = fraction
    }

    /// The percentage, such as "10%" or "0.5%".
    package var description: String {
        // A thousandth of a per cent is the finest that a person would write.
        let thousandths = (fraction * 100_000).rounded()
        guard !thousandths.truncatingRemainder(dividingBy: 1000).isZero else { return "\(Int(thousandths / 1000))%" }
        return "\(thousandths / 1000)%"
    }

    /// Whether one is less likely.
    package static func < (left: Probability, right: Probability) -> Bool { left.fraction < right.fraction }
}

/// What a network does to the datagrams that travel one way; by default nothing.
package struct NoiseSettings: Equatable, Sendable {
    /// A datagram never arrives.
    package var loss = Probability.never
    /// It arrives twice; each copy travels by itself.
    package var duplicate = Probability.never
    /// It is held back by `reorderDelay`, so that whatever comes in that time overtakes it.
    package var reorder = Probability.never
    /// One of its bits is turned over.
    package var corrupt = Probability.never
    /// Its end is cut off, at least one byte of it.
    package var truncate = Probability.never
    /// How long every datagram takes.
    package var delay = Interval(nanoseconds: 0)
    /// How much longer or shorter than `delay` it takes, evenly spread; it never takes less than nothing.
    ///
    /// Each datagram has its own, so that jitter alone reorders what lies closer together.
    package var jitter = Interval(nanoseconds: 0)
    /// How much longer a datagram takes that is held back.
    package var reorderDelay = Interval.milliseconds(10)

    /// A network that does nothing to its datagrams.
    package init() {}
}

/// Which way a datagram travels.
package enum NoiseDirection: String, CaseIterable, Sendable {
    /// From a client to the server.
    case toServer = "to server"
    /// From the server to a client.
    case toClient = "to client"
}

/// Something that each direction has for itself.
package struct BothWays<Value> {
    /// The value for datagrams from a client to the server.
    package var toServer: Value
    /// The value for datagrams from the server to a client.
    package var toClient: Value

    /// One value for each direction.
    package init(toServer: Value, toClient: Value) {
        self.toServer = toServer
        self.toClient = toClient
    }

    /// The same value for both directions.
    package init(_ value: Value) {
        self.init(toServer: value, toClient: value)
    }

    /// The value for a direction.
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
