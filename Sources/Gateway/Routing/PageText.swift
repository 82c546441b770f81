internal import HTTP

/// Bytes as a page shows them: text, or hexadecimal where they are none.
struct PageText {
    let text: String
    let isHex: Bool

    /// A page can carry neither NUL nor other control characters but white space (WHATWG HTML 13.2.3.5).
    init(_ bytes: [UInt8]) {
        let decoded = String(decoding: bytes, as: UTF8.self)
        isHex = !bytes.span.isUTF8 || decoded.unicodeScalars.contains(where: Self.isForbidden)
        text = isHex ? String(decoding: Notation.hex.encode(bytes.span), as: UTF8.self) : decoded
    }

    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\t", "\n", "\u{C}", "\r": false
        case "\0"..."\u{1F}", "\u{7F}"..."\u{9F}": true
        default: false
        }
    }
}
