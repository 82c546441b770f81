/// Bytes as text of 64 characters (RFC 4648 4 and 5).
public enum Base64 {
    /// The characters that a reader accepts.
    enum Alphabet {
        /// Those of both alphabets, padded or not, with white space between them: a pasted text has any of them.
        case any
        /// Those of URLs alone, without padding (RFC 4648 5), so that the same bytes have one spelling.
        case url
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The bytes as text, padded.
    static func encode(_ bytes: Span<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = start..<min(start + 3, bytes.count)
            let bits = group.reduce(0) { $0 << 8 | UInt32(bytes[$1]) } << (8 * UInt32(3 - group.count))
            for position in 0..<4 {
                let isPadding = position > group.count
                text.append(
                    isPadding ? UInt8(ascii: "=") : alphabet[Int(bits >> (18 - 6 * UInt32(position)) & 63)])
            }
        }
        return text
    }

    /// The bytes of a text in the alphabet of URLs, without padding.
    public static func decode(url text: Span<UInt8>) throws(NotationError) -> [UInt8] { try decode(text, .url) }

    /// The bytes of a text.
    static func decode(_ text: Span<UInt8>, _ alphabet: Alphabet) throws(NotationError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 2)
        // The latest characters of a group of four, six bits each, and the number of padding characters at its end.
        var (bits, count, padding) = (UInt32(0), 0, 0)
        for index in text.indices {
            let character = text[index]
            if alphabet == .any, Notation.isWhiteSpace(character) { continue }
            if alphabet == .any, character == UInt8(ascii: "=") {
                padding += 1
                guard count >= 2, count + padding <= 4 else { throw NotationError(.character(character), at: index) }
                continue
            }
            guard padding == 0, let value = value(of: character, alphabet) else {
                throw NotationError(.character(character), at: index)
            }
            bits = bits << 6 | value
            count += 1
            if count == 4 {
                for shift: UInt32 in [16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
                (bits, count) = (0, 0)
            }
        }
        try decodeEnd(bits, count, padding, text.count, into: &bytes)
        return bytes
    }

    /// A group of two or three characters encodes one or two bytes, and has no bits beyond them (RFC 4648 3.5).
    private static func decodeEnd(
        _ bits: UInt32, _ count: Int, _ padding: Int, _ end: Int, into bytes: inout [UInt8]
    ) throws(NotationError) {
        if count == 0 { return }
        guard count > 1, padding == 0 || count + padding == 4 else { throw NotationError(.end, at: end) }
        let spare = UInt32(6 * count % 8)
        guard bits & (1 << spare - 1) == 0 else { throw NotationError(.spareBits, at: end) }
        let whole = bits >> spare
        if count == 3 { bytes.append(UInt8(truncatingIfNeeded: whole >> 8)) }
        bytes.append(UInt8(truncatingIfNeeded: whole))
    }

    private static func value(of character: UInt8, _ alphabet: Alphabet) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        case UInt8(ascii: "+") where alphabet == .any: 62
        case UInt8(ascii: "/") where alphabet == .any: 63
        default: nil
        }
    }
}
