/// The payload of a probe: capital letters and digits only, so that an upper-casing service sends it back unchanged,
/// too.
///
/// It has sixteen hexadecimal digits each of a tag that is random for each run, of the probe's number, and of its send
/// time; letters fill it up to its size. A reply is a probe's echo only when every byte is the same.
struct PingerPayload {
    /// The shortest payload that has room for tag, number and time.
    static let minimumSize = 3 * fieldWidth
    private static let fieldWidth = 16

    private let tag: UInt64
    private let size: Int

    init(tag: UInt64, size: Int) {
        precondition(size >= Self.minimumSize, "the size has room for tag, number and time")
        self.tag = tag
        self.size = size
    }

    func bytes(number: Int, time: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        for value in [tag, UInt64(number), time] { Self.append(value, to: &bytes) }
        while bytes.count < size { bytes.append(UInt8(ascii: "A") + UInt8(bytes.count % 26)) }
        return bytes
    }

    /// The number and time of the probe that the reply echoes; nil when it echoes none.
    func read(_ reply: Span<UInt8>) -> (number: Int, time: UInt64)? {
        guard reply.count == size,
            let number = Self.value(in: reply, Self.fieldWidth).flatMap(Int.init(exactly:)),
            let time = Self.value(in: reply, 2 * Self.fieldWidth)
        else { return nil }
        let expected = bytes(number: number, time: time)
        return (0..<size).allSatisfy { reply[$0] == expected[$0] } ? (number, time) : nil
    }

    private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        for digit in (0..<fieldWidth).reversed() {
            let nibble = UInt8(truncatingIfNeeded: value >> (4 * digit)) & 15
            bytes.append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10)
        }
    }

    private static func value(in bytes: Span<UInt8>, _ start: Int) -> UInt64? {
        var value: UInt64 = 0
        for index in start..<start + fieldWidth {
            guard let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue else { return nil }
            value = value << 4 | UInt64(digit)
        }
        return value
    }
}
