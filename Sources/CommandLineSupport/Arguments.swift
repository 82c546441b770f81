package import ArgumentParser
package import System

// Each flag declares its values; help, docs/flags.md and the error come from the declaration.

extension Option {
    /// A value may begin with a hyphen (.unconditional), so that the error for -1 names the fault, and does not say
    /// that the value is missing.
    fileprivate init(_ value: Value, _ help: ArgumentHelp, _ read: @escaping @Sendable (String) throws -> Value)
    where Value: CustomStringConvertible {
        self.init(wrappedValue: value, parsing: .unconditional, help: help, transform: read)
    }
}

extension Option where Value == Interval {
    /// A flag that takes a time.
    package init(wrappedValue: Value, time help: String, in range: ClosedRange<Interval>) {
        self.init(wrappedValue, .of("time", help, "\(wrappedValue)", range)) { try readTime($0, in: range) }
    }
}

extension Option where Value == Interval? {
    /// A flag that takes a time and may be left out; `usual` describes the default.
    package init(
        name: NameSpecification = .long, time help: String, in range: ClosedRange<Interval>, usual: String? = nil
    ) {
        self.init(name: name, parsing: .unconditional, help: .of("time", help, usual, range)) {
            try readTime($0, in: range)
        }
    }
}

extension Option where Value == Int {
    /// A flag that takes a whole number.
    package init(wrappedValue: Value, number help: String, in range: ClosedRange<Int>, of unit: String = "number") {
        self.init(wrappedValue, .of(unit, help, "\(wrappedValue)", range)) { try readNumber($0, in: range) }
    }
}

extension Option where Value == Int? {
    /// A flag that takes a whole number and may be left out; `usual` describes the default.
    package init(number help: String, in range: ClosedRange<Int>, usual: String? = nil) {
        self.init(parsing: .unconditional, help: .of("number", help, usual, range)) { try readNumber($0, in: range) }
    }
}

extension Option where Value == UInt64? {
    /// A flag that takes the seed of random numbers, without a default.
    package init(seed help: String) {
        self.init(parsing: .unconditional, help: ArgumentHelp(help, valueName: "number")) {
            try readNumber($0, in: 0...UInt64.max)
        }
    }
}

extension Option where Value == UInt16 {
    /// A flag that takes a UDP or TCP port.
    package init(wrappedValue: Value, port help: String, in range: ClosedRange<UInt16> = 0...UInt16.max) {
        self.init(wrappedValue, .of("port", help, "\(wrappedValue)", range)) {
            try readNumber($0, in: range, else: "a port is a number")
        }
    }
}

extension Option where Value == Endpoint {
    /// A flag that takes a host and a port.
    package init(wrappedValue: Endpoint, endpoint help: String) {
        self.init(wrappedValue, .of("host:port", help, "\(wrappedValue)"), readEndpoint)
    }
}

extension Option where Value == [Endpoint] {
    /// A flag that takes a host and a port, and may be repeated.
    package init(wrappedValue: Value, endpoints help: String) {
        self.init(wrappedValue: wrappedValue, help: ArgumentHelp(help, valueName: "host:port"), transform: readEndpoint)
    }
}

extension Option where Value == String {
    /// A flag that takes a host.
    package init(wrappedValue: Value, host help: String) {
        self.init(wrappedValue, .of("host", help, wrappedValue), readHost)
    }
}

extension Argument where Value == String {
    /// An argument that is a host.
    package init(wrappedValue: Value, host help: String) {
        self.init(wrappedValue: wrappedValue, help: .of("host", help, wrappedValue), transform: readHost)
    }
}

extension ArgumentHelp {
    /// The help with the values and the default, which the library does not print for a flag with a reader of its own.
    package static func of(_ valueName: String, _ help: String, _ usual: String?, takes: String? = nil) -> Self {
        let facts = [takes, usual.map { "default: \($0)" }].compactMap(\.self).joined(separator: "; ")
        return ArgumentHelp(facts.isEmpty ? help : "\(help) (\(facts))", valueName: valueName)
    }

    fileprivate static func of<Bound>(
        _ valueName: String, _ help: String, _ usual: String?, _ range: ClosedRange<Bound>
    ) -> Self { of(valueName, help, usual, takes: range.words) }
}

extension ClosedRange {
    /// The range as help and errors print it.
    fileprivate var words: String { "\(lowerBound) to \(upperBound)" }
}

// Functions, because their errors name the fault: a conformance to ExpressibleByArgument could only say that there is
// one.

/// Reads a time within a range, such as "2s", "100ms", "50us", "1ns" or "1m".
package func readTime(_ text: String, in range: ClosedRange<Interval>) throws -> Interval {
    let units: [(String, Double)] = [("ns", 1), ("us", 1000), ("ms", 1_000_000), ("s", 1e9), ("m", 60e9)]
    for (unit, size) in units where text.hasSuffix(unit) {
        let digits = text.dropLast(unit.count)
        // Double would accept signs, exponents and hexadecimal digits as well. It has all nanoseconds of a hundred days,
        // and no range has more.
        guard digits.allSatisfy({ "0123456789.".contains($0) }), let number = Double(digits) else { continue }
        let time = Interval(nanoseconds: UInt64(min((number * size).rounded(), 100 * 86_400e9)))
        guard range.contains(time) else { throw ValidationError("a time from \(range.words) is needed.") }
        return time
    }
    throw ValidationError("a time is a number and its unit, such as 5s, 100ms, 50us or 1m.")
}

/// Reads a whole number within a range.
package func readNumber<Number: FixedWidthInteger>(
    _ text: String, in range: ClosedRange<Number>, else advice: String = "a whole number is needed,"
) throws -> Number {
    // The type would accept a sign as well.
    guard text.allSatisfy(\.isNumber), let number = Number(text), range.contains(number) else {
        throw ValidationError("\(advice) from \(range.words).")
    }
    return number
}

/// Reads a name or an address, and no port.
package func readHost(_ text: String) throws -> String {
    let colons = text.count { $0 == ":" }
    guard !text.isEmpty, colons != 1, !text.contains(where: { "[]*/ ".contains($0) }) else {
        throw ValidationError("a name or an address without a port is needed, such as localhost, 192.0.2.1 or ::1.")
    }
    return text
}

/// Reads "HOST:PORT" or "[IPv6]:PORT".
package func readEndpoint(_ text: String) throws -> Endpoint {
    guard let endpoint = Endpoint(text) else {
        throw ValidationError("a host and a port are needed, such as localhost:53, 192.0.2.1:53 or [2001:db8::1]:53.")
    }
    return endpoint
}

/// Ranges of times that people and machines wait for.
extension ClosedRange<Interval> {
    package static var untilAnHour: ClosedRange<Interval> { .milliseconds(1)...(.seconds(3600)) }
    package static var zeroUntilAnHour: ClosedRange<Interval> { .seconds(0)...(.seconds(3600)) }
    package static var untilADay: ClosedRange<Interval> { .milliseconds(1)...(.seconds(86_400)) }
    package static var zeroUntilADay: ClosedRange<Interval> { .seconds(0)...(.seconds(86_400)) }
    /// The range of repeated actions: a shorter interval would be a load of its own.
    package static var repeating: ClosedRange<Interval> { .milliseconds(100)...(.seconds(86_400)) }
}

/// Ranges that several flags, or a flag and a service's option, share.
extension ClosedRange<Int> {
    package static var attempts: Self { 1...20 }
    package static var datagramLength: Self { 1...DatagramSocket.maximumPayload }
    package static var threads: Self { 1...256 }
}
