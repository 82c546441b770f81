/// The file name in the path of a target.
public enum FilePath {
    /// The path with each percent escape replaced by its byte, once (RFC 3986 2.4); nil for a path that cannot name a
    /// file.
    ///
    /// A file name has no NUL, and an escaped slash is part of a name and separates no folders (RFC 3986 2.2). The
    /// parser has refused a percent sign without two hexadecimal digits.
    public static func decode(_ path: Span<UInt8>) -> [UInt8]? {
        var name: [UInt8] = []
        name.reserveCapacity(path.count)
        var index = 0
        while index < path.count {
            if path[index] == ASCII.percent {
                guard let byte = path.escapedByte(at: index, before: path.count), byte != 0, byte != ASCII.slash else {
                    return nil
                }
                name.append(byte)
                index += 3
            } else {
                name.append(path[index])
                index += 1
            }
        }
        return name
    }
}

extension Span<UInt8> {
    /// The byte of a percent escape at the index (RFC 3986 2.1); nil where there is no escape.
    func escapedByte(at index: Int, before end: Int) -> UInt8? {
        guard index + 2 < end, self[index] == ASCII.percent,
            let high = ASCII.hexDigit(self[index + 1]), let low = ASCII.hexDigit(self[index + 2])
        else { return nil }
        return UInt8(high << 4 | low)
    }
}
