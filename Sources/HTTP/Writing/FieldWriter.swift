/// Appends fields to a response head.
///
/// It takes only checked names and values, so that no field can forge another.
///
/// It holds the caller's buffer while the head is written; ``ResponseHead/write(into:date:adding:)`` lends one.
public struct FieldWriter {
    private var bytes: [UInt8]

    init(taking buffer: inout [UInt8]) {
        bytes = []
        swap(&bytes, &buffer)
    }

    /// Ends the head with a blank line and gives the buffer back.
    mutating func end(into buffer: inout [UInt8]) {
        append(Wire.lineEnd)
        swap(&bytes, &buffer)
    }

    /// Adds a field with a checked value.
    public mutating func add(_ name: FieldName, _ value: FieldValue) {
        append(name.opening)
        append(value.bytes)
        append(Wire.lineEnd)
    }

    /// Adds a field with a number.
    public mutating func add(_ name: FieldName, _ number: Int) {
        append(name.opening)
        endLine(with: number)
    }

    /// Adds a field with a date.
    public mutating func add(_ name: FieldName, _ date: HTTPDate) {
        append(name.opening)
        append(date.bytes)
        append(Wire.lineEnd)
    }

    /// Adds a field with a beginning and a number of thousandths after it, written with three decimals.
    public mutating func add(_ name: FieldName, _ beginning: FieldValue, thousandths: Int) {
        append(name.opening)
        append(beginning.bytes)
        bytes.append(addingCapacity: 28) { line in
            line.append(thousandths: thousandths)
            line.endLine()
        }
    }

    /// Adds a field with a value from outside; returns false, and adds nothing, if the value is not allowed.
    @discardableResult
    public mutating func add(_ name: FieldName, validating value: Span<UInt8>) -> Bool {
        guard FieldValue.isValid(value) else { return false }
        append(name.opening)
        for index in value.indices { append(value[index]) }
        append(Wire.lineEnd)
        return true
    }

    mutating func statusLine(_ status: Status) {
        append(Wire.version)
        bytes.append(addingCapacity: 4) { line in
            line.append(decimal: UInt(status.code))
            line.append(ASCII.space)
        }
        bytes.append(contentsOf: status.reasonPhrase.utf8)
        append(Wire.lineEnd)
    }

    mutating func append(_ piece: [UInt8]) { bytes.append(contentsOf: piece) }

    private mutating func append(_ byte: UInt8) { bytes.append(byte) }

    /// Appends a number and ends the line.
    mutating func endLine(with number: Int) {
        bytes.append(addingCapacity: 22) { line in
            if number < 0 { line.append(UInt8(ascii: "-")) }
            line.append(decimal: number.magnitude)
            line.endLine()
        }
    }
}

extension OutputSpan<UInt8> {
    /// A number of thousandths with three decimals: at most 25 bytes.
    @inline(__always)
    mutating func append(thousandths number: Int) {
        if number < 0 { append(UInt8(ascii: "-")) }
        append(decimal: number.magnitude / 1000)
        append(UInt8(ascii: "."))
        let rest = UInt32(truncatingIfNeeded: number.magnitude % 1000)
        append(ASCII.zero + UInt8(truncatingIfNeeded: rest / 100))
        append(ASCII.zero + UInt8(truncatingIfNeeded: rest / 10 % 10))
        append(ASCII.zero + UInt8(truncatingIfNeeded: rest % 10))
    }

    @inline(__always)
    mutating func endLine() {
        append(ASCII.carriageReturn)
        append(ASCII.lineFeed)
    }

    mutating func append(decimal number: UInt) {
        // Nearly all numbers have few digits.
        if number >= 10 { append(decimal: number / 10) }
        append(ASCII.zero + UInt8(truncatingIfNeeded: number % 10))
    }
}

/// Values that end in a number, written without a text in between: many responses have one.
extension FieldValue {
    /// A beginning and a number after it, such as `max-age=60`.
    public init(_ beginning: FieldValue, number: UInt) {
        var bytes = beginning.bytes
        bytes.append(addingCapacity: 20) { line in line.append(decimal: number) }
        self.init(checked: bytes)
    }

    /// A beginning and a number of thousandths after it, with three decimals, such as `dur=0.211`.
    public init(_ beginning: FieldValue, thousandths: Int) {
        var bytes = beginning.bytes
        bytes.append(addingCapacity: 26) { line in line.append(thousandths: thousandths) }
        self.init(checked: bytes)
    }
}
