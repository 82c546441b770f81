package import ArgumentParser
package import System

extension Option where Value: CustomStringConvertible {
    /// A value may begin with a hyphen (.unconditional), so that -1 is told what is wrong with it, and not that it is
    /// missing.
    fileprivate init(
        _ value: Value, _ unit: String, _ help: String, _ read: @escaping @Sendable (String) throws -> Value
    ) {
        self.init(wrappedValue: value, parsing: .unconditional, help: .of(unit, help, value), transform: read)
    }
}

extension Option where Value == Interval {
    /// A flag that takes a time.
    package init(wrappedValue: Interval, time help: String) {
        self.init(wrappedValue, "time", help, readTime)
    }
}

extension Option where Value == Interval? {
    /// A flag that takes a time and has no default.
    package init(name: NameSpecification = .long, time help: String) {
        self.init(
            name: name, parsing: .unconditional, help: ArgumentHelp(help, valueName: "time"), transform: readTime)
    }
}

extension Option where Value == Int {
    /// A flag that takes a whole number.
    package init(wrappedValue: Value, number help: String, of unit: String = "number") {
        self.init(wrappedValue, unit, help, readNumber)
    }
}

extension Option where Value == Int? {
    /// A flag that takes a whole number and has no default.
    package init(number help: String) {
        self.init(parsing: .unconditional, help: ArgumentHelp(help, valueName: "number"), transform: readNumber)
    }
}

extension Option where Value == UInt64? {
    /// A flag that takes a number that begins a row of random ones, and has no default.
    package init(seed help: String) {
        self.init(parsing: .unconditional, help: ArgumentHelp(help, valueName: "number"), transform: readNumber)
    }
}

extension Option where Value == UInt16 {
    /// A flag that takes a UDP or TCP port.
    package init(wrappedValue: Value, port help: String) {
        self.init(wrappedValue, "port", help, readPort)
    }
}

extension Option where Value == Endpoint {
    /// A flag that takes a host and a port.
    package init(wrappedValue: Endpoint, endpoint help: String) {
        self.init(wrappedValue, "host:port", help, readEndpoint)
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
        self.init(wrappedValue, "host", help, readHost)
    }
}

extension Argument where Value == String {
    /// An argument that is a host.
    package init(wrappedValue: Value, host help: String) {
        self.init(wrappedValue: wrappedValue, help: .of("host", help, wrappedValue), transform: readHost)
    }
}

extension ArgumentHelp {
    /// With the default, which the library does not tell where it is left to others to read the value.
    fileprivate static func of(_ valueName: String, _ help: String, _ value: some CustomStringConvertible) -> Self {
        ArgumentHelp("\(help) (default: \(value))", valueName: valueName)
    }
}

// With errors that say what is wrong: a conformance to ExpressibleByArgument could only say that something is.

/// Reads a time such as "2s", "100ms", "50us" or "1m", less than a hundred million of its unit.
package func readTime(_ text: String) throws -> Interval {
    let units: [(String, UInt64)] = [("us", 1000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000)]
    for (unit, size) in units where text.hasSuffix(unit) {
        let digits = text.dropLast(unit.count)
        // Double would take signs, exponents and hexadecimal digits as well.
        guard digits.allSatisfy({ "0123456789.".contains($0) }), let number = Double(digits), number < 1e8 else {
            continue
        }
        return Interval(nanoseconds: UInt64(number * Double(size)))
    }
    throw ValidationError("a time is a number and its unit, such as 5s, 100ms, 50us or 1m.")
}

/// Reads a whole number that its type has room for.
package func readNumber<Number: FixedWidthInteger>(_ text: String) throws -> Number {
    guard let number = Number(text) else {
        throw ValidationError("a whole number is needed, from \(Number.min) to \(Number.max).")
    }
    return number
}

private func readPort(_ text: String) throws -> UInt16 {
    // UInt16 would take a sign as well.
    guard text.allSatisfy(\.isNumber), let port = UInt16(text) else {
        throw ValidationError("a port is a number from 0 to 65535.")
    }
    return port
}

/// Reads a name or an address, and no port.
private func readHost(_ text: String) throws -> String {
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

/// Checks a number against its bounds, in the words that every flag uses.
package func check<Number: Comparable>(_ flag: String, _ value: Number, _ range: ClosedRange<Number>) throws {
    guard range.contains(value) else {
        throw ValidationError("\(flag) \(value) is out of range: it takes \(range.lowerBound) to \(range.upperBound).")
    }
}
