/// Fields of a head as lines of bytes, in the order in which they were added.
///
/// It takes only checked names and values, so that no field can forge another.
public struct FieldLines: Sendable {
    /// The lines, each with its end.
    public private(set) var bytes: [UInt8] = []

    /// The usual length of a response's own fields.
    private static let usualRoom = 192

    /// No fields.
    public init() {}

    /// Whether there are no fields.
    @inlinable public var isEmpty: Bool { bytes.isEmpty }

    /// Adds a field with a checked value.
    public mutating func add(_ name: FieldName, _ value: FieldValue) {
        prepare()
        bytes.append(name, value.bytes)
    }

    /// Adds a field whose checked value ends in a number, such as `max-age=60`.
    public mutating func add(_ name: FieldName, _ beginning: FieldValue, number: Int) {
        prepare()
        bytes.append(contentsOf: name.opening)
        bytes.append(contentsOf: beginning.bytes)
        bytes.appendLine(number)
    }

    /// Adds a field whose checked value ends in a number of thousandths, with three decimals, such as `dur=0.211`.
    public mutating func add(_ name: FieldName, _ beginning: FieldValue, thousandths: Int) {
        prepare()
        bytes.append(contentsOf: name.opening)
        bytes.append(contentsOf: beginning.bytes)
        bytes.append(addingCapacity: 28) { line in line.appendLine(thousandths: thousandths) }
    }

    /// Adds a field with a value from outside, if the value is allowed: see ``FieldValue/init(validating:)``.
    public mutating func add(_ name: FieldName, validating value: some Sequence<UInt8>) {
        if let value = FieldValue(validating: value) { add(name, value) }
    }

    /// Adds other fields.
    public mutating func add(_ others: FieldLines) {
        if bytes.isEmpty { bytes = others.bytes } else { bytes.append(contentsOf: others.bytes) }
    }

    private mutating func prepare() {
        if bytes.capacity == 0 { bytes.reserveCapacity(Self.usualRoom) }
    }
}

/// The parts of a head.
extension [UInt8] {
    /// Appends a field.
    mutating func append(_ name: FieldName, _ value: [UInt8]) {
        append(contentsOf: name.opening)
        append(contentsOf: value)
        append(contentsOf: Wire.lineEnd)
    }

    mutating func append(_ status: Status) {
        append(contentsOf: Wire.version)
        append(addingCapacity: 4) { line in
            line.append(decimal: UInt(status.code))
            line.append(ASCII.space)
        }
        append(contentsOf: status.reasonPhrase.utf8)
        append(contentsOf: Wire.lineEnd)
    }

    /// Appends a number and ends the line.
    mutating func appendLine(_ number: Int) {
        append(addingCapacity: 22) { line in
            if number < 0 { line.append(UInt8(ascii: "-")) }
            line.append(decimal: number.magnitude)
            line.endLine()
        }
    }
}

extension OutputSpan<UInt8> {
    /// A number of thousandths with three decimals and the end of the line: at most 27 bytes.
    fileprivate mutating func appendLine(thousandths number: Int) {
        if number < 0 { append(UInt8(ascii: "-")) }
        append(decimal: number.magnitude / 1000)
        append(UInt8(ascii: "."))
        let rest = UInt32(truncatingIfNeeded: number.magnitude % 1000)
        append(ASCII.zero + UInt8(truncatingIfNeeded: rest / 100))
        append(ASCII.zero + UInt8(truncatingIfNeeded: rest / 10 % 10))
        append(ASCII.zero + UInt8(truncatingIfNeeded: rest % 10))
        endLine()
    }

    fileprivate mutating func endLine() {
        append(ASCII.carriageReturn)
        append(ASCII.lineFeed)
    }

    fileprivate mutating func append(decimal number: UInt) {
        // Nearly all numbers have few digits.
        if number >= 10 { append(decimal: number / 10) }
        append(ASCII.zero + UInt8(truncatingIfNeeded: number % 10))
    }
}
