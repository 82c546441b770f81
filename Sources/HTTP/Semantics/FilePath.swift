/// The file name in the path of a target.
public enum FilePath {
    /// The path with each percent escape replaced by its byte, once (RFC 3986 2.4); nil for a path that cannot name a
    /// file.
    ///
    /// A file name has no NUL, and an escaped slash is part of a name and separates no folders (RFC 3986 2.2). The
    /// parser has refused a percent sign without two hexadecimal digits.
    public static func decode(_ path: Span<UInt8>) -> [UInt8]? {
        let isName = path.indices.allSatisfy { index in
            guard path[index] == ASCII.percent else { return true }
            guard let byte = path.escapedByte(at: index, before: path.count) else { return false }
            return byte != 0 && byte != ASCII.slash
        }
        return isName ? path.unescaped(0..<path.count) : nil
    }
}

extension Span<UInt8> {
    /// The range with each percent escape replaced by its byte, and each plus sign by `plus`.
    func unescaped(_ range: Range<Int>, plus: UInt8 = UInt8(ascii: "+")) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            let escaped = escapedByte(at: index, before: range.upperBound)
            bytes.append(escaped ?? (self[index] == UInt8(ascii: "+") ? plus : self[index]))
            index += escaped == nil ? 1 : 3
        }
        return bytes
    }

    /// The byte of a percent escape at the index (RFC 3986 2.1); nil where there is no escape.
    func escapedByte(at index: Int, before end: Int) -> UInt8? {
        guard index + 2 < end, self[index] == ASCII.percent,
            let high = ASCII.hexDigit(self[index + 1]), let low = ASCII.hexDigit(self[index + 2])
        else { return nil }
        return UInt8(high << 4 | low)
    }
}
