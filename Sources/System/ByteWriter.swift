/// Bytes that are put together piece by piece, in memory that is used again.
public struct ByteWriter: ~Copyable {
    /// The memory; `count` of its bytes are written.
    private var room: [UInt8]
    /// How many bytes there are.
    public private(set) var count = 0

    /// Begins with room for so many bytes.
    public init(room: Int = 512) {
        self.room = [UInt8](repeating: 0, count: room)
    }

    /// The bytes.
    public var bytes: ArraySlice<UInt8> { room[..<count] }

    /// Begins anew.
    public mutating func removeAll() { count = 0 }

    /// Adds bytes.
    public mutating func append(_ piece: [UInt8]) {
        makeRoom(piece.count)
        room.copy(0..<piece.count, of: piece, to: count)
        count += piece.count
    }

    /// Adds a byte.
    public mutating func append(_ byte: UInt8) {
        makeRoom(1)
        room[count] = byte
        count += 1
    }

    /// Adds a number in decimal digits, no fewer than `digits`.
    public mutating func append(decimal number: UInt, digits: Int = 1) {
        let most = 20
        makeRoom(most)
        var (rest, length) = (number, 1)
        while rest >= 10 { (rest, length) = (rest / 10, length + 1) }
        length = max(length, digits)
        rest = number
        for place in stride(from: count + length - 1, through: count, by: -1) {
            room[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        count += length
    }

    /// Adds bytes of a stranger as they may stand in a line: what is no visible ASCII is written as `\x0a`.
    ///
    /// - `quotes`: whether the bytes go into a string of JSON, where backslashes and quotes are written as two bytes.
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

    private mutating func makeRoom(_ more: Int) {
        guard count + more > room.count else { return }
        var larger = [UInt8](repeating: 0, count: max(2 * room.count, count + more))
        larger.copy(0..<count, of: room, to: 0)
        room = larger
    }
}
