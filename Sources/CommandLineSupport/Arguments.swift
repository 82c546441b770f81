public import ArgumentParser
public import EventLoop
public import Sockets

extension Interval: ExpressibleByArgument {
    /// Reads a time such as "2s", "100ms", "50us" or "1m".
    public init?(argument: String) {
        let units: [(String, UInt64)] = [("us", 1000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000)]
        for (unit, size) in units where argument.hasSuffix(unit) {
            guard let number = Double(argument.dropLast(unit.count)), number >= 0, number < 1e6 else { continue }
            self.init(nanoseconds: UInt64(number * Double(size)))
            return
        }
        return nil
    }

    /// The text form of the default in the help.
    public var defaultValueDescription: String { description }
}

extension Endpoint: ExpressibleByArgument {
    /// Reads "HOST:PORT" or "[IPv6]:PORT".
    public init?(argument: String) {
        self.init(argument)
    }
}

/// Checks a number against its bounds, in the words that every flag uses.
public func check<Number: Comparable>(_ flag: String, _ value: Number, _ range: ClosedRange<Number>) throws {
    guard range.contains(value) else {
        throw ValidationError("\(flag) \(value) is out of range: it takes \(range.lowerBound) to \(range.upperBound).")
    }
}
