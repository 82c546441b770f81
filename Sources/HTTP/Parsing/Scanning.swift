/// The passes over bytes in which the parser spends its time.
///
/// Their form lets the optimiser drop the bounds checks: an index that was a `UInt32` cannot overflow, so one
/// comparison covers eight reads, and the eight reads become one. Heads are far below 4 GB. A change here needs a count
/// of instructions before and after: where the eight reads stay eight, a head costs twice as much.
extension Span<UInt8> {
    /// The first index from `start` that is `end` or holds a byte outside the class.
    @inline(__always)
    func skip(_ byteClass: ByteClass, from start: Int, to end: Int) -> Int {
        var index = start
        while hasWord(at: index) {
            var word = wholeWord(at: index)
            for place in 0..<8 {
                guard byteClass.contains(UInt8(truncatingIfNeeded: word)) else { return min(index &+ place, end) }
                word &>>= 8
            }
            index &+= 8
        }
        while index < count, byteClass.contains(self[index]) { index &+= 1 }
        return min(index, end)
    }

    /// The first index from `start` with a control character other than a tab (RFC 9110 5.5), and that byte.
    ///
    /// At the end of the bytes the byte is a zero.
    @inline(__always)
    func skipValue(from start: Int) -> (index: Int, byte: UInt8) {
        skip(.value, from: start, before: ASCII.carriageReturn, markedBy: \.controlMarks)
    }

    /// The first index from `start` with a byte that is not in a token, and that byte.
    ///
    /// At the end of the bytes the byte is a zero. Nearly all names are letters and hyphens.
    @inline(__always)
    func skipName(from start: Int) -> (index: Int, byte: UInt8) {
        skip(.token, from: start, before: ASCII.colon, markedBy: \.exoticMarks)
    }

    /// Skips eight bytes at a time while none of them is marked; the class decides about a marked byte.
    ///
    /// The byte that usually ends the scan is not in the class.
    @inline(__always)
    private func skip(
        _ byteClass: ByteClass, from start: Int, before usual: UInt8, markedBy marks: (UInt64) -> UInt64
    ) -> (index: Int, byte: UInt8) {
        var index = start
        while true {
            let word = word(at: index)
            let marks = marks(word)
            guard marks != 0 else {
                index &+= 8
                continue
            }
            let place = marks.trailingZeroBitCount
            index &+= place &>> 3
            let byte = UInt8(truncatingIfNeeded: word &>> UInt64(truncatingIfNeeded: place & ~7))
            // Beyond the end are zeros, which are marked and in no class.
            if byte == usual || !byteClass.contains(byte) { return (index, byte) }
            index &+= 1
        }
    }

    /// The first index from `start` that is `end` or holds neither space nor tab.
    @inline(__always)
    func skipBlanks(from start: Int, to end: Int) -> Int {
        var index = start
        while index < end, self[index] == ASCII.space || self[index] == ASCII.tab { index &+= 1 }
        return index
    }

    /// The range without the spaces and tabs at both its ends.
    @inline(__always)
    func trimmed(_ start: Int, _ end: Int) -> Range<Int> {
        let first = skipBlanks(from: start, to: end)
        return first..<dropBlanks(from: first, to: end)
    }

    /// The last index, not before `start`, with neither space nor tab between it and `end`.
    @inline(__always)
    func dropBlanks(from start: Int, to end: Int) -> Int {
        var last = end
        while last > start, self[last &- 1] == ASCII.space || self[last &- 1] == ASCII.tab { last &-= 1 }
        return last
    }

    /// Whether eight bytes follow from the index on.
    @inline(__always)
    func hasWord(at start: Int) -> Bool { Int(UInt32(truncatingIfNeeded: start)) &+ 8 <= count }

    /// Eight bytes as one number, the first byte lowest; ``hasWord(at:)`` tells whether they exist.
    @inline(__always)
    func wholeWord(at start: Int) -> UInt64 {
        let index = Int(UInt32(truncatingIfNeeded: start))
        precondition(index + 8 <= count, "a whole word does not reach beyond the end")
        let low =
            UInt64(self[index]) | UInt64(self[index + 1]) << 8
            | UInt64(self[index + 2]) << 16 | UInt64(self[index + 3]) << 24
        let high =
            UInt64(self[index + 4]) << 32 | UInt64(self[index + 5]) << 40
            | UInt64(self[index + 6]) << 48 | UInt64(self[index + 7]) << 56
        return low | high
    }

    /// Sixteen bytes as two numbers, if as many follow from the index on.
    @inline(__always)
    func twoWords(at start: Int) -> (first: UInt64, second: UInt64)? {
        let index = Int(UInt32(truncatingIfNeeded: start))
        guard index &+ 16 <= count else { return nil }
        return (wholeWord(at: start), wholeWord(at: index &+ 8))
    }

    /// Eight bytes as one number, with zeros beyond the end.
    @inline(__always)
    func word(at start: Int) -> UInt64 { hasWord(at: start) ? wholeWord(at: start) : lastWord(at: start) }

    /// Out of line, because it is rare.
    @inline(never)
    private func lastWord(at start: Int) -> UInt64 {
        guard start < count else { return 0 }
        if count >= 8 {
            let beyond = UInt64(truncatingIfNeeded: (start &+ 8 &- count) &* 8)
            return wholeWord(at: count &- 8) &>> beyond
        }
        return (start..<count).reversed().reduce(0) { $0 << 8 | UInt64(self[$1]) }
    }

    /// Whether the range equals the lower-case text, whatever the range's case.
    func matches(_ range: Range<Int>, _ text: String) -> Bool {
        guard range.count == text.utf8.count else { return false }
        var index = range.lowerBound
        for byte in text.utf8 {
            guard self[index].lowercased == byte else { return false }
            index += 1
        }
        return true
    }

    /// The number that the range has in decimal digits; nil if it has other bytes, none, or does not fit.
    @inline(__always)
    func decimal(_ range: Range<Int>) -> Int? {
        let end = range.upperBound
        let unused = 8 &- (end &- range.lowerBound)
        guard unused >= 0, unused < 8, end >= 8 else { return longDecimal(range) }
        return wholeWord(at: end &- 8).decimal(after: unused)
    }

    /// Reads digit by digit, where there are many digits or few bytes before them.
    @inline(never)
    private func longDecimal(_ range: Range<Int>) -> Int? {
        guard !range.isEmpty else { return nil }
        var value = 0
        var index = range.lowerBound
        while index < range.upperBound {
            guard let digit = ASCII.digit(self[index]) else { return nil }
            let (tens, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, isLarger) = tens.addingReportingOverflow(digit)
            if isTooLarge || isLarger { return nil }
            value = sum
            index &+= 1
        }
        return value
    }
}

extension UInt64 {
    /// Up to eight characters as the number that ``Span/word(at:)`` makes of them.
    ///
    /// One by one: the compiler makes one constant of these, but a loop of a loop over the string.
    @inline(__always)
    init(
        _ a: Unicode.Scalar, _ b: Unicode.Scalar, _ c: Unicode.Scalar = "\0", _ d: Unicode.Scalar = "\0",
        _ e: Unicode.Scalar = "\0", _ f: Unicode.Scalar = "\0", _ g: Unicode.Scalar = "\0", _ h: Unicode.Scalar = "\0"
    ) {
        let low = UInt64(a.value) | UInt64(b.value) << 8 | UInt64(c.value) << 16 | UInt64(d.value) << 24
        let high = UInt64(e.value) << 32 | UInt64(f.value) << 40 | UInt64(g.value) << 48 | UInt64(h.value) << 56
        self = low | high
    }

    /// Eight bytes with their letters in lower case.
    ///
    /// Bytes below 0x40 stay the same, and no other byte becomes a letter: comparing names and colons is exact.
    @inline(__always)
    var lowercasedLetters: UInt64 { self | (self & (.ones &* 0x40)) &>> 1 }

    /// The lowest bytes; the rest is zero.
    @inline(__always)
    func prefix(_ bytes: Int) -> UInt64 {
        bytes >= 8 ? self : self & ((1 &<< UInt64(truncatingIfNeeded: bytes &* 8)) &- 1)
    }

    /// The number that the bytes after the first ones have in decimal digits; nil if they are not digits.
    @inline(__always)
    func decimal(after unused: Int) -> Int? {
        let bits = UInt64(truncatingIfNeeded: unused &* 8)
        // Unused bytes become leading zeros.
        let digits = ((self ^ (.ones &* 0x30)) &>> bits) &<< bits
        // From ten on, the sum has its top bit.
        guard ((digits &+ (.ones &* 0x76)) | digits) & .tops == 0 else { return nil }
        // Neighbours become one number: eight of a digit, four of two digits, two of four.
        let pairs = (digits &* 10) &+ (digits &>> 8)
        let fours = (pairs & 0x00FF_00FF_00FF_00FF) &* 100 &+ ((pairs &>> 16) & 0x0000_00FF_0000_00FF)
        return Int(truncatingIfNeeded: (fours & 0xFFFF) &* 10000 &+ ((fours &>> 32) & 0xFFFF))
    }

    private static var ones: UInt64 { 0x0101_0101_0101_0101 }
    fileprivate static var tops: UInt64 { 0x8080_8080_8080_8080 }

    /// The top bit of every byte that is below 0x20 or equal to 0x7F.
    ///
    /// A borrow or a carry from the byte below can mark another byte by mistake, but never takes a mark away.
    @inline(__always)
    var controlMarks: UInt64 { ((self &- (.ones &* 0x20)) | (self &+ .ones)) & ~self & .tops }

    /// The top bit of every byte that is neither a letter nor a hyphen.
    ///
    /// Sums of seven bits do not carry into the next byte, so all marks are true.
    @inline(__always)
    var exoticMarks: UInt64 {
        let letter = (self | (.ones &* 0x20)) & ~.tops
        let isLetter = (letter &+ (.ones &* 0x1F)) & ~(letter &+ (.ones &* 0x05))
        let hyphen = self ^ (.ones &* 0x2D)
        let isNoHyphen = ((hyphen & ~.tops) &+ (.ones &* 0x7F)) | hyphen
        return (~isLetter | self) & isNoHyphen & .tops
    }
}

extension UInt8 {
    /// The letter in lower case; any other byte unchanged.
    @inline(__always)
    public var lowercased: UInt8 { self &- UInt8(ascii: "A") < 26 ? self | 0x20 : self }

    /// Whether the byte is an ASCII letter or digit (RFC 5234 B.1).
    public var isAlphanumeric: Bool { ASCII.digit(self) != nil || lowercased &- UInt8(ascii: "a") < 26 }
}

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
            guard first & .tops == 0, second & .tops == 0 else { return false }
            index &+= 16
        }
        while hasWord(at: index) {
            guard wholeWord(at: index) & .tops == 0 else { return false }
            index &+= 8
        }
        guard index < count else { return true }
        return (count >= 8 ? wholeWord(at: count &- 8) : word(at: 0)) & .tops == 0
    }
}

extension [UInt8] {
    /// Whether the bytes of a range are valid UTF-8.
    ///
    /// It is `mutating` and changes nothing: reading an object's array would retain it, while this call borrows it.
    public mutating func isUTF8(in range: Range<Int>) -> Bool { span.extracting(range).isUTF8 }
}
