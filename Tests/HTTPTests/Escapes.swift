/// Bytes as fixtures write them.
enum Escapes {
    static func bytes(of lines: [String]) throws -> [UInt8] {
        var out: [UInt8] = []
        for line in lines {
            var text = Array(line.utf8)
            let backslashes = text.reversed().prefix { $0 == UInt8(ascii: "\\") }.count
            let continues = backslashes % 2 == 1
            if continues { text.removeLast() }
            try append(text, to: &out)
            if !continues { out += [13, 10] }
        }
        return out
    }

    private static func append(_ text: [UInt8], to out: inout [UInt8]) throws {
        var index = 0
        while index < text.count {
            guard text[index] == UInt8(ascii: "\\") else {
                out.append(text[index])
                index += 1
                continue
            }
            let rest = String(decoding: text[(index + 1)...].prefix(3), as: UTF8.self)
            let (byte, length) = try escape(rest)
            out.append(byte)
            index += length + 1
        }
    }

    private static func escape(_ rest: String) throws -> (UInt8, Int) {
        switch rest.first {
        case "r": return (13, 1)
        case "n": return (10, 1)
        case "t": return (9, 1)
        case "0": return (0, 1)
        case "\\": return (92, 1)
        case "x":
            guard rest.utf8.count == 3, let byte = UInt8(rest.dropFirst(), radix: 16) else { fallthrough }
            return (byte, 3)
        default: throw Fixture.Malformed(description: "The escape \\\(rest) is unknown.")
        }
    }

    /// The way back, for one line.
    static func text(of bytes: some Sequence<UInt8>) -> String {
        var out = ""
        for byte in bytes {
            switch byte {
            case 13: out += "\\r"
            case 10: out += "\\n"
            case 9: out += "\\t"
            case 0: out += "\\0"
            case 92: out += "\\\\"
            case 32...126: out.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                out += "\\x" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return out
    }
}
