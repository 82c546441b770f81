/// Parts of a request that the parser has not read, or not to the end.
enum RawHead {
    /// The value of the line that begins with this name, in lower case and with its colon; nil where none does, or more
    /// than one.
    static func value(of name: StaticString, in bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let name = Array(name.description.utf8)
        var found: ArraySlice<UInt8>?
        // Line by line: content of any length may follow the blank line.
        var rest = afterLineEnds(bytes).drop { $0 != lf }.dropFirst()
        while let first = rest.first, first != cr, first != lf, let end = rest.firstIndex(of: lf) {
            let line = rest[..<end]
            rest = rest[end...].dropFirst()
            guard line.begins(with: name) else { continue }
            guard found == nil else { return nil }
            found = line.dropFirst(name.count)
        }
        return found.map(trimmed)
    }

    /// The path of a target that may have the absolute form, whose path may be empty (RFC 9112 3.2.2); any other target
    /// is returned as it is, without its query.
    static func path(of target: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let target = target.prefix { $0 != UInt8(ascii: "?") }
        let slash = UInt8(ascii: "/")
        guard target.first != slash, let colon = target.firstIndex(of: UInt8(ascii: ":")) else { return target }
        guard target[colon...].starts(with: "://".utf8) else { return target }
        let path = target[colon...].dropFirst("://".utf8.count).drop { $0 != slash }
        return path.isEmpty ? [slash] : path
    }

    /// The number of bytes that have come of the content; none where the head is not whole, or announces none.
    static func contentLength(in bytes: ArraySlice<UInt8>) -> Int {
        let request = afterLineEnds(bytes)
        guard let end = request.firstRange(of: Array("\r\n\r\n".utf8)) else { return 0 }
        let rest = request.endIndex - end.upperBound
        if value(of: "transfer-encoding:", in: bytes) != nil { return rest }
        let announced = value(of: "content-length:", in: bytes).flatMap { Int(String(decoding: $0, as: UTF8.self)) }
        return min(rest, max(0, announced ?? 0))
    }

    /// Whether the method is HEAD, so that the response has no content (RFC 9110 9.3.2).
    static func isHead(_ bytes: ArraySlice<UInt8>) -> Bool {
        afterLineEnds(bytes).starts(with: "HEAD ".utf8)
    }

    private static let (cr, lf) = (UInt8(ascii: "\r"), UInt8(ascii: "\n"))

    /// The bytes behind the line ends that may come before a request (RFC 9112 2.2).
    private static func afterLineEnds(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        bytes.drop { $0 == cr || $0 == lf }
    }

    private static func trimmed(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == 13 }
        let value = value.drop(while: isBlank)
        return value.prefix(value.count - value.reversed().prefix(while: isBlank).count)
    }
}
