/// The known fields by their names.
///
/// A name's length and last eight bytes choose one field, and a comparison of the whole name decides.
final class FieldTable: Sendable {
    /// A name as numbers, which are all of a name of up to sixteen letters.
    private struct Name {
        /// The first eight bytes; zero for a name of up to eight.
        var first: UInt64 = 0
        /// The last eight bytes; a shorter name with spaces behind it.
        var last: UInt64 = 0
        var length = 0
    }

    static let shared = FieldTable()

    /// A field's number, by the place of its name.
    private let numbers: InlineArray<64, UInt8>
    private let names: InlineArray<64, Name>

    private init() {
        var numbers = InlineArray<64, UInt8>(repeating: 0)
        var names = InlineArray<64, Name>(repeating: Name())
        for field in KnownField.allCases {
            // Eight bytes end with each name, as in a head after its first line.
            let bytes = Array("12345678\(field.name)".utf8)
            let name = Self.name(bytes.span, 8, bytes.count)
            let place = Self.place(name)
            precondition(names[place].length == 0, "each name has a place of its own")
            (numbers[place], names[place]) = (field.rawValue, name)
        }
        (self.numbers, self.names) = (numbers, names)
    }

    /// Recognises a name in upper or lower case, after at least one line.
    @inline(__always)
    func field(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> KnownField? {
        let name = Self.name(bytes, start, end)
        let place = Self.place(name)
        guard names[place].last == name.last, names[place].first == name.first, names[place].length == name.length
        else { return nil }
        let field = KnownField(rawValue: numbers[place])
        if name.length > 16, let field, !bytes.matches(start..<end, field.name) { return nil }
        return field
    }

    @inline(__always)
    private static func name(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Name {
        let length = end &- start
        let last = bytes.wholeWord(at: end &- 8)
        guard length > 8 else {
            let name = last &>> UInt64(truncatingIfNeeded: (8 &- length) &* 8)
            return Name(last: name.lowercasedToken, length: length)
        }
        return Name(first: bytes.wholeWord(at: start).lowercasedToken, last: last.lowercasedToken, length: length)
    }

    /// The six highest bits of a product, which is another for each name.
    @inline(__always)
    private static func place(_ name: Name) -> Int {
        Int(truncatingIfNeeded: ((name.last ^ UInt64(truncatingIfNeeded: name.length)) &* factor) &>> 58)
    }

    private static let factor: UInt64 = 0xF5BB_9188_B805_99E9
}
