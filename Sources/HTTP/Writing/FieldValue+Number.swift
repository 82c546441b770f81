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
