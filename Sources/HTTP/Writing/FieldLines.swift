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

    /// Adds a field whose checked value ends in a number of thousandths, with three decimals, such as `dur=0.211`.
    public mutating func add(_ name: FieldName, _ beginning: FieldValue, thousandths: Int) {
        prepare()
        let (whole, part) = thousandths.magnitude.quotientAndRemainder(dividingBy: 1000)
        bytes.append(contentsOf: name.opening)
        bytes.append(contentsOf: beginning.bytes)
        if thousandths < 0 { bytes.append(UInt8(ascii: "-")) }
        bytes.append(contentsOf: String(whole).utf8)
        bytes.append(UInt8(ascii: "."))
        // The digits behind the one have zeros at their front.
        bytes.append(contentsOf: String(1000 + part).utf8.dropFirst())
        bytes.append(contentsOf: Wire.lineEnd)
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
        append(contentsOf: String(status.code).utf8)
        append(ASCII.space)
        append(contentsOf: status.reasonPhrase.utf8)
        append(contentsOf: Wire.lineEnd)
    }

    /// Appends a number and ends the line.
    mutating func appendLine(_ number: Int) {
        append(contentsOf: String(number).utf8)
        append(contentsOf: Wire.lineEnd)
    }
}
