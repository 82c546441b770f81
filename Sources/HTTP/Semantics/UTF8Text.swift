/// Whether bytes are text.
extension Span<UInt8> {
    /// Whether the bytes are valid UTF-8 (RFC 3629 4).
    ///
    /// Most texts are ASCII alone, which takes one test for each eight bytes.
    public var isUTF8: Bool { isASCII || (try? UTF8Span(validating: self)) != nil }

    /// Whether none of the bytes is above 0x7F.
    @inline(__always)
    var isASCII: Bool {
        var index = 0
        // One test for each word: where they are gathered, the eight reads stay eight.
        while let (first, second) = twoWords(at: index) {
            guard first & Self.tops == 0, second & Self.tops == 0 else { return false }
            index &+= 16
        }
        while hasWord(at: index) {
            guard wholeWord(at: index) & Self.tops == 0 else { return false }
            index &+= 8
        }
        guard index < count else { return true }
        return (count >= 8 ? wholeWord(at: count &- 8) : word(at: 0)) & Self.tops == 0
    }

    @inline(__always)
    private static var tops: UInt64 { 0x8080_8080_8080_8080 }
}

extension [UInt8] {
    /// Whether the bytes of a range are valid UTF-8.
    ///
    /// It is `mutating` and changes nothing: reading an object's array would retain it, while this call borrows it.
    public mutating func isUTF8(in range: Range<Int>) -> Bool { span.extracting(range).isUTF8 }
}
