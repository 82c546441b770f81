import HTTP

/// A head read the slow and obvious way: cut at line ends, then at spaces and colons.
///
/// It reads only what the parser has accepted, and says where that should not have been.
struct PlainHead {
    var method: [UInt8] = []
    var target: [UInt8] = []
    var version: [UInt8] = []
    var fields: [(name: [UInt8], value: [UInt8])] = []

    init(_ bytes: [UInt8]) throws(Broken) {
        var lines = try PlainHead.lines(bytes)
        while lines.first?.isEmpty == true { lines.removeFirst() }
        try require(lines.last?.isEmpty == true, "The head does not end in a blank line.")
        lines.removeLast()
        let words = lines.removeFirst().split(separator: 32, omittingEmptySubsequences: false)
        try require(words.count == 3, "The request line has not three words.")
        (method, target, version) = (Array(words[0]), Array(words[1]), Array(words[2]))
        try require(PlainHead.isToken(words[0]), "The method is no token.")
        try require(words[1].allSatisfy { (33...126).contains($0) }, "The target has bytes that are not visible.")
        for line in lines {
            guard let colon = line.firstIndex(of: 58) else { throw Broken(description: "A field has no colon.") }
            try require(PlainHead.isToken(line[..<colon]), "A field name is no token.")
            fields.append((line[..<colon].lowercased, line[(colon + 1)...].trimmed))
        }
    }

    /// The lines, each of which ends in CRLF and has no other control character than tabs.
    static func lines(_ bytes: [UInt8]) throws(Broken) -> [[UInt8]] {
        var lines = bytes.split(separator: 10, omittingEmptySubsequences: false).map(Array.init)
        try require(lines.removeLast().isEmpty, "The last line does not end.")
        for index in lines.indices {
            try require(lines[index].popLast() == 13, "A line ends in a bare line feed.")
            let isClean = lines[index].allSatisfy { $0 == 9 || $0 >= 32 && $0 != 127 }
            try require(isClean, "A line has a control character: \(lines[index].shown)")
        }
        return lines
    }

    static func isToken(_ bytes: ArraySlice<UInt8>) -> Bool {
        !bytes.isEmpty
            && bytes.allSatisfy { (48...57).contains($0) || (97...122).contains($0 | 32) || marks.contains($0) }
    }

    private static let marks = Array("!#$%&'*+-.^_`|~".utf8)

    /// The values of all fields with the name.
    func values(_ name: String) -> [[UInt8]] {
        fields.filter { $0.name.elementsEqual(name.utf8) }.map(\.value)
    }

    /// How the content is delimited; nil where two readers could differ about it.
    var framing: Framing? {
        let lengths = values("content-length")
        let codings = values("transfer-encoding")
        switch (lengths.count, codings.count) {
        case (0, 0): return Framing.none
        case (1, 0):
            let isDecimal = !lengths[0].isEmpty && lengths[0].allSatisfy { (48...57).contains($0) }
            return isDecimal ? Int(String(decoding: lengths[0], as: UTF8.self)).map { .length($0) } : nil
        case (0, 1): return codings[0].lowercased.elementsEqual("chunked".utf8) ? .chunked : nil
        default: return nil
        }
    }

    /// Whether the connection goes on, nil where quoted strings leave room for doubt.
    var keepsAlive: Bool? {
        let values = values("connection")
        guard !values.joined().contains(34) else { return nil }
        let options = values.flatMap { $0.split(separator: 44) }.map { $0.trimmed.lowercased }
        if options.contains(Array("close".utf8)) { return false }
        return version.last != 48 || options.contains(Array("keep-alive".utf8))
    }
}

extension KnownField {
    /// The name, in lower case: the case's own with hyphens.
    var name: [UInt8] {
        "\(self)".utf8.flatMap { (65...90).contains($0) ? [45, $0 + 32] : [$0] }
    }

    static let named = allCases.map { (field: $0, name: $0.name, text: String(decoding: $0.name, as: UTF8.self)) }
}
