import System
import Gateway
import HTTP

/// See ``Check/form``.
enum FormCheck {
    static func run(_ bytes: Span<UInt8>) throws(Broken) {
        let value = FormDecoder.value(of: "text", in: bytes)
        try require(value == read(bytes.copy()), "The field differs: \(value?.shown ?? "none")")
        try checkRoundTrip(bytes.copy())
        if let value { try checkEscapes(String(decoding: value, as: UTF8.self)) }
    }

    /// Reads the first field named `text` the slow and obvious way.
    private static func read(_ form: [UInt8]) -> [UInt8]? {
        for field in form.split(separator: 38) {
            let parts = field.split(separator: 61, maxSplits: 1, omittingEmptySubsequences: false)
            guard decode(parts[0]).elementsEqual("text".utf8) else { continue }
            return parts.count == 2 ? decode(parts[1]) : []
        }
        return nil
    }

    private static func decode(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == 37, digits.count == 2,
                digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit && $0 < 128 }),
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                out.append(value)
                rest = rest.dropFirst(2)
            } else {
                out.append(byte == 43 ? 32 : byte)
            }
        }
        return out
    }

    /// Any bytes can be sent as a field, with every one of them escaped.
    private static func checkRoundTrip(_ bytes: [UInt8]) throws(Broken) {
        let digits = Array("0123456789abcdefABCDEF".utf8)
        var form = Array("x=1&text=".utf8)
        for byte in bytes { form += [37, digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        form += "&text=2".utf8
        let value = FormDecoder.value(of: "text", in: form.span)
        try require(value == bytes, "What was escaped is decoded differently.")
    }

    /// In a page the value is text and nothing else.
    private static func checkEscapes(_ text: String) throws(Broken) {
        let html = FormTemplate.escaped(text)
        try require(
            !html.utf8.contains { [60, 62, 34, 39, 13].contains($0) }, "\(html) can end its place in the page.")
        var rest = html[...].utf8
        while let mark = rest.firstIndex(of: 38) {
            rest = rest[mark...]
            let isEntity = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"].contains { rest.starts(with: $0.utf8) }
            try require(isEntity, "\(html) has an ampersand of its own.")
            rest = rest.dropFirst()
        }
    }
}
