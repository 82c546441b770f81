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

/// A share, given as a percentage such as "20%".
struct Percentage: ExpressibleByArgument, CustomStringConvertible {
    private let percent: Double

    /// So many hundredths.
    init(_ percent: Double) {
        self.percent = percent
    }

    /// Reads "0%" to "100%".
    init?(argument: String) {
        guard argument.hasSuffix("%"), let percent = Double(argument.dropLast()), (0...100).contains(percent) else {
            return nil
        }
        self.percent = percent
    }

    /// The share as a number from 0 to 1.
    var share: Double { percent / 100 }

    /// The text that it is read from.
    var description: String { percent == percent.rounded() ? "\(Int(percent))%" : "\(percent)%" }
}

/// Checks a number against its bounds, in the words that every flag uses.
public func check<Number: Comparable>(_ flag: String, _ value: Number, _ range: ClosedRange<Number>) throws {
    guard range.contains(value) else {
        throw ValidationError("\(flag) \(value) is out of range: it takes \(range.lowerBound) to \(range.upperBound).")
    }
}
