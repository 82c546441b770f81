/// Decodes a terminal's bytes into keys: characters in UTF-8, control characters, escape sequences (ECMA-48).
struct KeyReader {
    enum Key: Equatable {
        case text([UInt8])
        case enter, end, delete, backspace, eraseWord, eraseBefore, eraseBehind
        case left, right, home, last, older, newer
        case unknown
    }

    private enum State {
        case start
        /// Within a character of this many bytes.
        case character(Int)
        case escape
        /// Within a sequence, which ends with a letter or a tilde.
        case sequence
    }

    private var state = State.start
    private var bytes: [UInt8] = []

    /// The most parameter bytes of a known sequence.
    private static let longestSequence = 16

    /// The keys that this byte completes: none, one, or two where it does not belong to the bytes before it.
    mutating func take(_ byte: UInt8) -> [Key] {
        var keys: [Key] = []
        if let former = interrupted(by: byte) { keys.append(finish(former)) }
        if let key = goOn(byte) { keys.append(key) }
        return keys
    }

    /// The key of the bytes so far, where this byte cannot follow them; nil where it can.
    private func interrupted(by byte: UInt8) -> Key? {
        switch state {
        case .start: nil
        // Bytes outside a character are text all the same.
        case .character: byte & 0xc0 == 0x80 ? nil : .text(bytes)
        case .escape: (0x20..<0x80).contains(byte) ? nil : .unknown
        case .sequence: (0x20...0x7e).contains(byte) ? nil : .unknown
        }
    }

    private mutating func goOn(_ byte: UInt8) -> Key? {
        switch state {
        case .start: return begin(byte)
        case .character(let length):
            bytes.append(byte)
            return bytes.count == length ? finish(.text(bytes)) : nil
        case .escape:
            guard byte == UInt8(ascii: "[") || byte == UInt8(ascii: "O") else { return finish(.unknown) }
            state = .sequence
            return nil
        case .sequence:
            // Behind a second bracket comes the letter of a function key of the Linux console (console_codes(4)).
            guard byte >= 0x40, byte != UInt8(ascii: "[") || !bytes.isEmpty else {
                bytes.append(byte)
                return bytes.count > Self.longestSequence ? finish(.unknown) : nil
            }
            return finish(Self.sequence(byte, String(decoding: bytes, as: UTF8.self)))
        }
    }

    private mutating func finish(_ key: Key) -> Key {
        state = .start
        bytes = []
        return key
    }

    private mutating func begin(_ byte: UInt8) -> Key? {
        switch byte {
        case 0x1b: state = .escape
        case 0xc2...0xdf: (state, bytes) = (.character(2), [byte])
        case 0xe0...0xef: (state, bytes) = (.character(3), [byte])
        case 0xf0...0xf4: (state, bytes) = (.character(4), [byte])
        case 0x20..<0x7f, 0x09, 0x80...: return .text([byte])
        default: return Self.control(byte)
        }
        return nil
    }

    /// The keys of a terminal's own line, and of shells (termios(3), readline(3)).
    private static func control(_ byte: UInt8) -> Key {
        switch byte {
        case 0x01: .home
        case 0x04: .end
        case 0x05: .last
        case 0x08, 0x7f: .backspace
        case 0x0a, 0x0d: .enter
        case 0x0b: .eraseBehind
        case 0x15: .eraseBefore
        case 0x17: .eraseWord
        default: .unknown
        }
    }

    private static func sequence(_ final: UInt8, _ parameters: String) -> Key {
        switch (final, parameters) {
        case (_, "["): .unknown
        case (UInt8(ascii: "A"), _): .older
        case (UInt8(ascii: "B"), _): .newer
        case (UInt8(ascii: "C"), _): .right
        case (UInt8(ascii: "D"), _): .left
        case (UInt8(ascii: "H"), _), (UInt8(ascii: "~"), "1"), (UInt8(ascii: "~"), "7"): .home
        case (UInt8(ascii: "F"), _), (UInt8(ascii: "~"), "4"), (UInt8(ascii: "~"), "8"): .last
        case (UInt8(ascii: "~"), "3"): .delete
        default: .unknown
        }
    }
}
