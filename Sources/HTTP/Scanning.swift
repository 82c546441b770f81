/// The passes over bytes that the parser spends its time in.
///
/// They are written so that the optimiser can drop the bounds checks: an index that was a `UInt32` cannot overflow,
/// so one comparison covers eight reads, and the eight reads become one. Heads are far below 4 GB.
extension Span<UInt8> {
    /// The first index from `start` that is `end` or holds a byte outside the class.
    @inline(__always)
    func skip(_ byteClass: ByteClass, from start: Int, to end: Int) -> Int {
        var index = start
        while index < end, byteClass.contains(self[index]) { index &+= 1 }
        return index
    }

    /// The first index from `start` that is the end or holds a control character other than a tab (RFC 9110 5.5).
    @inline(__always)
    func skipValue(from start: Int) -> Int {
        var index = start
        while true {
            let marks = self.word(at: index).controlMarks
            guard marks != 0 else {
                index &+= 8
                continue
            }
            index &+= marks.trailingZeroBitCount &>> 3
            guard index < count else { return count }
            if self[index] != ASCII.tab { return index }
            index &+= 1
        }
    }

    /// The first index from `start` that is the end or holds a byte that is not in a token.
    ///
    /// Nearly all names are letters and hyphens, which are passed eight at a time; the table decides about the others.
    @inline(__always)
    func skipName(from start: Int) -> Int {
        var index = start
        while true {
            let marks = self.word(at: index).exoticMarks
            guard marks != 0 else {
                index &+= 8
                continue
            }
            index &+= marks.trailingZeroBitCount &>> 3
            guard index < count else { return count }
            guard self[index] != ASCII.colon, ByteClass.token.contains(self[index]) else { return index }
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
        var last = end
        while last > first, self[last &- 1] == ASCII.space || self[last &- 1] == ASCII.tab { last &-= 1 }
        return first..<last
    }

    /// Eight bytes as one number, the first byte lowest; zeros stand for what lies beyond the end.
    @inline(__always)
    func word(at start: Int) -> UInt64 {
        let index = Int(UInt32(truncatingIfNeeded: start))
        guard index + 8 <= count else { return lastWord(at: index) }
        let low =
            UInt64(self[index]) | UInt64(self[index + 1]) << 8
            | UInt64(self[index + 2]) << 16 | UInt64(self[index + 3]) << 24
        let high =
            UInt64(self[index + 4]) << 32 | UInt64(self[index + 5]) << 40
            | UInt64(self[index + 6]) << 48 | UInt64(self[index + 7]) << 56
        return low | high
    }

    /// Kept out of line: fewer than eight bytes are left once in a head.
    @inline(never)
    private func lastWord(at start: Int) -> UInt64 {
        var word: UInt64 = 0
        var shift: UInt64 = 0
        var index = start
        while index < count {
            word |= UInt64(self[index]) << shift
            shift += 8
            index += 1
        }
        return word
    }

    /// Whether the range reads as the text, letters in either case.
    ///
    /// The text is lower case.
    func matches(_ range: Range<Int>, _ text: String) -> Bool {
        guard range.count == text.utf8.count else { return false }
        var index = range.lowerBound
        for byte in text.utf8 {
            guard self[index].lowercased == byte else { return false }
            index += 1
        }
        return true
    }

    /// The number that the range spells in decimal digits, nothing else, if it is one and fits.
    func decimal(_ range: Range<Int>) -> Int? {
        guard !range.isEmpty else { return nil }
        var value = 0
        for index in range {
            guard let digit = ASCII.digit(self[index]) else { return nil }
            let (tens, carry) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = tens.addingReportingOverflow(digit)
            if carry || overflow { return nil }
            value = sum
        }
        return value
    }
}

extension UInt64 {
    /// Up to eight characters as the number that ``Span/word(at:)`` makes of them; the compiler folds it.
    @inline(__always)
    init(ascii text: String) {
        var word: UInt64 = 0
        var shift: UInt64 = 0
        for byte in text.utf8 {
            word |= UInt64(byte) << shift
            shift += 8
        }
        self = word
    }

    /// The letters among eight bytes in lower case.
    ///
    /// Other bytes change too; of tokens, none into a letter or a hyphen.
    @inline(__always)
    var lowercasedToken: UInt64 { self | 0x2020_2020_2020_2020 }

    /// Only the lowest bytes, the rest zero.
    @inline(__always)
    func prefix(_ bytes: Int) -> UInt64 { bytes >= 8 ? self : self & ((1 &<< UInt64(bytes &* 8)) &- 1) }

    private static var ones: UInt64 { 0x0101_0101_0101_0101 }
    private static var tops: UInt64 { 0x8080_8080_8080_8080 }

    /// The top bit of the first byte that is below 0x20 or equal to 0x7F, and perhaps of bytes above it.
    ///
    /// A borrow can mark a byte by mistake, but only one above a byte marked rightly, so the lowest mark is true.
    @inline(__always)
    var controlMarks: UInt64 {
        let delete = self ^ (.ones &* 0x7F)
        let low = (self &- (.ones &* 0x20)) & ~self
        return (low | ((delete &- .ones) & ~delete)) & .tops
    }

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
    var lowercased: UInt8 { self &- UInt8(ascii: "A") < 26 ? self | 0x20 : self }
}
