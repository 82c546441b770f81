extension String {
    /// The text with spaces or another filler before it, or after it where the width is negative.
    public func padded(to width: Int, with filler: Character = " ") -> String {
        let padding = String(repeating: filler, count: max(0, abs(width) - count))
        return width < 0 ? self + padding : padding + self
    }
}

extension Interval {
    /// The length as a decimal number with a fixed count of digits after the point, rounded half up.
    public func fixedPoint(unit: UInt64, digits: Int) -> String {
        let scale = (0..<digits).reduce(1 as UInt64) { power, _ in power * 10 }
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: unit)
        let fraction = (rest * scale + unit / 2) / unit
        return "\(whole + fraction / scale).\(String(fraction % scale).padded(to: digits, with: "0"))"
    }
}

extension String {
    /// Shows a stranger's bytes in a terminal or a log: control codes become visible text.
    ///
    /// Control characters and bytes that are not UTF-8 become escapes such as `\n`, `\x1b` and `\xff`; so do characters
    /// that change the direction of the text around them (Unicode TR36 2.3).
    ///
    /// - `layout`: whether line ends and tabs stay.
    public init(showing bytes: [UInt8], keepingLayout layout: Bool = false) {
        self = ""
        var parser = UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var start = 0
        while true {
            switch parser.parseScalar(from: &iterator) {
            case .valid(let encoded):
                append(Self.shown(UTF8.decode(encoded), layout))
                start += encoded.count
            case .error(let length):
                for byte in bytes[start..<start + length] { append(Self.escape(byte)) }
                start += length
            case .emptyInput: return
            }
        }
    }

    private static func shown(_ scalar: Unicode.Scalar, _ layout: Bool) -> String {
        switch scalar {
        case "\n" where !layout: "\\n"
        case "\t" where !layout: "\\t"
        case "\r": "\\r"
        case "\n", "\t": String(scalar)
        default: isObeyed(scalar) ? escape(scalar) : String(scalar)
        }
    }

    /// Whether a terminal would act on the character, or show the text after it in another order.
    private static func isObeyed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        case .format: scalar.properties.isBidiControl
        default: false
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        UInt8(exactly: scalar.value).flatMap { $0 < 0x80 ? escape($0) : nil }
            ?? "\\u{\(String(scalar.value, radix: 16))}"
    }

    private static func escape(_ byte: UInt8) -> String {
        "\\x" + String(byte, radix: 16).padded(to: 2, with: "0")
    }
}

extension StringProtocol {
    /// The beginning of a stranger's text, short enough for a message.
    public var excerpt: String {
        let line = split(separator: "\n").first ?? ""
        return String(showing: Array(line.utf8.prefix(40)))
    }
}
