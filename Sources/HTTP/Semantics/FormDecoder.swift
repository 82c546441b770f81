/// Reads fields of a form in the encoding of browsers: `text=hello+world&more=%21` (WHATWG URL 5.1).
///
/// That encoding has no errors: a percent sign without two hexadecimal digits is a character like any other.
public enum FormDecoder {
    /// The decoded value of the form's first field with the name, or nil if there is none.
    public static func value(of name: String, in form: Span<UInt8>) -> [UInt8]? {
        var start = 0
        while start < form.count {
            let end = find(UInt8(ascii: "&"), in: form, start..<form.count)
            let equals = find(UInt8(ascii: "="), in: form, start..<end)
            if form.unescaped(start..<equals, plus: ASCII.space).elementsEqual(name.utf8), end > start {
                return form.unescaped(min(equals + 1, end)..<end, plus: ASCII.space)
            }
            start = end + 1
        }
        return nil
    }

    private static func find(_ byte: UInt8, in form: Span<UInt8>, _ range: Range<Int>) -> Int {
        range.first { form[$0] == byte } ?? range.upperBound
    }
}
