import HTTP

/// See ``Check/chunked``.
enum ChunkedCheck {
    static func run(_ bytes: Span<UInt8>) throws(Broken) {
        if let (content, consumed) = try decode(bytes) {
            let plain = try read(bytes.copy(0..<consumed))
            try require(plain == content, "The content differs.")
        }
        let encoded = encode(bytes)
        guard let (content, consumed) = try decode(encoded.span) else {
            throw Broken(description: "What was encoded is not a body: \(encoded.shown)")
        }
        try require(content == bytes.copy() && consumed == encoded.count, "What was encoded is decoded differently.")
    }

    /// The content and where the body ends; nil for what is refused or incomplete.
    private static func decode(_ bytes: Span<UInt8>) throws(Broken) -> ([UInt8], Int)? {
        var decoder = ChunkedDecoder(limits: Limits())
        var content: [UInt8] = []
        var offset = 0
        while true {
            let step: ChunkedDecoder.Step
            do throws(RequestError) { step = try decoder.next(bytes, from: offset) } catch {
                try require((0...bytes.count).contains(error.offset), "The error lies outside the bytes: \(error)")
                return nil
            }
            switch step {
            case .data(let range):
                try require(range.lowerBound >= offset && !range.isEmpty, "A step does not go forward.")
                content += bytes.copy(range)
                offset = range.upperBound
                try require(content.count <= Limits().maxBody, "The content is too long.")
            case .incomplete(let consumed):
                try require((offset...bytes.count).contains(consumed), "A step goes nowhere.")
                return nil
            case .end(let consumed):
                try require((offset...bytes.count).contains(consumed), "The end lies outside.")
                return (content, consumed)
            }
        }
    }

    /// Reads a whole body the slow and obvious way.
    private static func read(_ bytes: [UInt8]) throws(Broken) -> [UInt8] {
        var rest = bytes[...]
        var content: [UInt8] = []
        while true {
            let line = try cutLine(&rest)
            let digits = line.prefix { $0 != 59 && $0 != 32 && $0 != 9 }
            let isHex = !digits.isEmpty && digits.allSatisfy { (48...57).contains($0) || (97...102).contains($0 | 32) }
            guard isHex, let size = Int(String(decoding: digits, as: UTF8.self), radix: 16) else {
                throw Broken(description: "A chunk begins with no size: \(line.shown)")
            }
            try require(areExtensions(line[digits.endIndex...]), "An extension is none: \(line.shown)")
            if size == 0 { break }
            try require(rest.count >= size, "A chunk is cut off.")
            content += rest.prefix(size)
            rest = rest.dropFirst(size)
            try require(cutLine(&rest).isEmpty, "A chunk does not end in CRLF.")
        }
        while true {
            let line = try cutLine(&rest)
            if line.isEmpty { break }
            let name = line.prefix { $0 != 58 }
            try require(name.count < line.count && PlainHead.isToken(name), "A trailer is no field: \(line.shown)")
        }
        try require(rest.isEmpty, "The body ended earlier.")
        return content
    }

    /// Takes extensions off the front as long as there are any; nothing must be left.
    private static func areExtensions(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        while !rest.isEmpty {
            skipBlanks(&rest)
            guard rest.popFirst() == 59 else { return false }
            skipBlanks(&rest)
            guard skipToken(&rest) else { return false }
            guard rest.drop(while: isBlank).first == 61 else { continue }
            skipBlanks(&rest)
            rest = rest.dropFirst()
            skipBlanks(&rest)
            guard skipQuotes(&rest) || skipToken(&rest) else { return false }
        }
        return true
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }

    private static func skipBlanks(_ rest: inout ArraySlice<UInt8>) { rest = rest.drop(while: isBlank) }

    private static func skipToken(_ rest: inout ArraySlice<UInt8>) -> Bool {
        let token = rest.prefix { PlainHead.isToken([$0]) }
        rest = rest[token.endIndex...]
        return !token.isEmpty
    }

    private static func skipQuotes(_ rest: inout ArraySlice<UInt8>) -> Bool {
        guard rest.first == 34 else { return false }
        rest = rest.dropFirst()
        while let byte = rest.popFirst() {
            if byte == 34 { return true }
            if byte == 92 { rest = rest.dropFirst() }
        }
        return false
    }

    private static func cutLine(_ rest: inout ArraySlice<UInt8>) throws(Broken) -> ArraySlice<UInt8> {
        guard let end = rest.firstIndex(of: 10) else { throw Broken(description: "A line has no end.") }
        let line = rest[..<end]
        rest = rest[(end + 1)...]
        try require(line.last == 13, "A line ends in a bare line feed.")
        let isClean = line.dropLast().allSatisfy { $0 == 9 || $0 >= 32 && $0 != 127 }
        try require(isClean, "A line has a control character.")
        return line.dropLast()
    }

    /// The bytes as content, in chunks as long as the bytes themselves say.
    private static func encode(_ bytes: Span<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let size = min(Int(bytes[index]) + 1, bytes.count - index)
            out += String(size, radix: 16, uppercase: size % 2 == 0).utf8 + [13, 10]
            out += bytes.copy(index..<index + size) + [13, 10]
            index += size
        }
        return out + Array("0\r\n\r\n".utf8)
    }
}
