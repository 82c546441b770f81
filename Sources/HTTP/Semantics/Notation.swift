/// The notation of bytes that are not text.
public enum Notation: String, Sendable {
    /// Two digits a byte.
    case hex
    /// Four characters for three bytes (RFC 4648 4).
    case base64

    /// The notation with this name.
    public init?(name: [UInt8]) {
        self.init(rawValue: String(decoding: name, as: UTF8.self))
    }

    /// The bytes of a text; the decoder skips white space, and in hex also colons between bytes.
    public func decode(_ text: Span<UInt8>) throws(NotationError) -> [UInt8] {
        switch self {
        case .hex: try Self.decodeHex(text)
        case .base64: try Base64.decode(text, .any)
        }
    }

    /// The text of bytes, as ``decode(_:)`` and `xxd -r -p` or `base64 -d` read it, without a line end.
    public func encode(_ bytes: Span<UInt8>) -> [UInt8] {
        switch self {
        case .hex: Self.encodeHex(bytes)
        case .base64: Base64.encode(bytes)
        }
    }

    private static func decodeHex(_ text: Span<UInt8>) throws(NotationError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2)
        // The first digit of a byte whose second one must follow.
        var first: UInt8?
        for index in text.indices {
            let character = text[index]
            if let digit = ASCII.hexDigit(character) {
                if let high = first { bytes.append(high << 4 | UInt8(digit)) }
                first = first == nil ? UInt8(digit) : nil
            } else if isWhiteSpace(character) || character == ASCII.colon {
                if first != nil { throw NotationError(.loneDigit, at: index - 1) }
            } else {
                throw NotationError(.character(character), at: index)
            }
        }
        if first != nil { throw NotationError(.loneDigit, at: text.count - 1) }
        return bytes
    }

    private static func encodeHex(_ bytes: Span<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(3 * bytes.count)
        for index in bytes.indices {
            if index > 0 { text.append(ASCII.space) }
            text.append(digits[Int(bytes[index] >> 4)])
            text.append(digits[Int(bytes[index] & 15)])
        }
        return text
    }

    private static let digits = Array("0123456789abcdef".utf8)

    static func isWhiteSpace(_ character: UInt8) -> Bool {
        character == ASCII.space || character == ASCII.tab || character == ASCII.lineFeed
            || character == ASCII.carriageReturn
    }
}

/// The reason why a text has no bytes, and its position.
public struct NotationError: Error, Sendable, Equatable {
    /// The fault.
    public enum Reason: Sendable, Equatable {
        /// A character that the notation does not have, or not in this place.
        case character(UInt8)
        /// A hex digit without a second one right after it.
        case loneDigit
        /// The text ends within a group of characters.
        case end
        /// The last character has more bits than the bytes need.
        case spareBits
    }

    /// The fault.
    public let reason: Reason
    /// The number of bytes before the fault.
    public let position: Int

    init(_ reason: Reason, at position: Int) {
        self.reason = reason
        self.position = position
    }
}

extension NotationError: CustomStringConvertible {
    /// The fault and its position, as the end of a sentence; the first byte has the number 1.
    public var description: String {
        switch reason {
        case .character(let byte): "\(Self.name(of: byte)) at byte \(position + 1) has no place there"
        case .loneDigit: "the digit at byte \(position + 1) stands alone, and two digits are a byte"
        case .end: "it ends within a group of four characters"
        case .spareBits: "its last character has bits that belong to no byte"
        }
    }

    private static func name(of byte: UInt8) -> String {
        if (0x21...0x7E).contains(byte) { return "'\(Unicode.Scalar(byte))'" }
        return "the value 0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }
}
