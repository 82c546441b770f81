/// A buffer that grows piece by piece and reuses its memory.
///
/// It owns raw memory: an array would check at each piece whether it is shared.
@safe
public struct ByteWriter: ~Copyable {
    @usableFromInline var memory: UnsafeMutableRawBufferPointer
    /// How many bytes there are.
    @usableFromInline var used = 0

    /// Sets aside room for a usual line.
    public init() { unsafe memory = .allocate(byteCount: 1024, alignment: 1) }

    deinit { unsafe memory.deallocate() }

    /// Lends the bytes to a function.
    @inline(__always)
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        unsafe body(UnsafeRawBufferPointer(rebasing: memory[..<used]))
    }

    /// Removes all bytes and keeps the memory.
    @inlinable
    public mutating func removeAll() { used = 0 }

    /// Adds bytes.
    @inlinable
    public mutating func append(_ piece: [UInt8]) {
        makeRoom(piece.count)
        unsafe piece.withUnsafeBytes { piece in
            guard let source = piece.baseAddress, let target = unsafe memory.baseAddress else { return }
            unsafe (target + used).copyMemory(from: source, byteCount: piece.count)
        }
        used += piece.count
    }

    /// Adds a byte.
    @inlinable
    public mutating func append(_ byte: UInt8) {
        makeRoom(1)
        unsafe memory[used] = byte
        used += 1
    }

    /// Adds a number in decimal, with leading zeros up to `digits`, which is 20 at most.
    @inlinable
    public mutating func append(decimal number: UInt, digits: Int = 1) {
        precondition(digits <= 20, "no number has so many digits")
        makeRoom(20)
        var (rest, length) = (number, 1)
        while rest >= 10 { (rest, length) = (rest / 10, length + 1) }
        length = max(length, digits)
        rest = number
        var place = used + length
        while place > used {
            place -= 1
            unsafe memory[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        used += length
    }

    /// Adds a stranger's bytes so that they fit in a line: a byte that is not visible ASCII becomes an escape such as
    /// `\x0a`.
    ///
    /// - `quotes`: whether the bytes go into a JSON string, where backslashes and quotes take two bytes.
    public mutating func append(visible bytes: ArraySlice<UInt8>, quotes: Bool) {
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\\"): escape(byte, quotes)
            case UInt8(ascii: "\""):
                if quotes { append(UInt8(ascii: "\\")) }
                append(byte)
            case 0x21...0x7E: append(byte)
            default: escape(byte, quotes)
            }
        }
    }

    private mutating func escape(_ byte: UInt8, _ quotes: Bool) {
        append(UInt8(ascii: "\\"))
        if quotes { append(UInt8(ascii: "\\")) }
        append(UInt8(ascii: "x"))
        for digit in [byte >> 4, byte & 15] {
            append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }

    @inlinable
    mutating func makeRoom(_ more: Int) {
        if unsafe used + more > memory.count { grow(used + more) }
    }

    @usableFromInline
    mutating func grow(_ least: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: unsafe max(2 * memory.count, least), alignment: 1)
        unsafe larger.copyMemory(from: UnsafeRawBufferPointer(memory))
        unsafe memory.deallocate()
        unsafe memory = larger
    }
}
