/// Appends fields to a response head.
///
/// Only checked names and values can be added, so that no field can forge another.
///
/// It holds the caller's buffer while the head is written; ``ResponseHead/write(into:date:adding:)`` lends one out.
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
        append(decimal: number)
        append(Wire.lineEnd)
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
        append(decimal: thousandths / 1000)
        append(UInt8(ascii: "."))
        let rest = abs(thousandths % 1000)
        append(ASCII.zero + UInt8(rest / 100))
        append(ASCII.zero + UInt8(rest / 10 % 10))
        append(ASCII.zero + UInt8(rest % 10))
        append(Wire.lineEnd)
    }

    /// Adds a field with a value from outside; false, and nothing added, if the value is not allowed.
    @discardableResult
    public mutating func add(_ name: FieldName, validating value: Span<UInt8>) -> Bool {
        guard FieldValue.isValid(value) else { return false }
        append(name.opening)
        for index in value.indices { append(value[index]) }
        append(Wire.lineEnd)
        return true
    }

    mutating func statusLine(_ status: Status) {
        if status == .ok { return append(Wire.ok) }
        append(Wire.version)
        append(decimal: Int(status.code))
        append(ASCII.space)
        bytes.append(contentsOf: status.reasonPhrase.utf8)
        append(Wire.lineEnd)
    }

    mutating func append(_ piece: [UInt8]) { bytes.append(contentsOf: piece) }

    private mutating func append(_ byte: UInt8) { bytes.append(byte) }

    /// Highest digit first, so that no array is needed to turn them round.
    private mutating func append(decimal number: Int) {
        if number < 0 { append(UInt8(ascii: "-")) }
        var left = number.magnitude
        var divisor: UInt = 1
        while left / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(ASCII.zero + UInt8(left / divisor))
            left %= divisor
            divisor /= 10
        }
    }
}
