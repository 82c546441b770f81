import HTTP

/// See ``Check/multipart``.
enum MultipartCheck {
    static func run(_ bytes: Span<UInt8>) throws(Broken) {
        try checkForm(bytes)
        try checkRoundTrip(bytes.copy())
    }

    /// Reads the bytes as a form with the boundary "b"; a letter must be the content of one of its parts.
    private static func checkForm(_ bytes: Span<UInt8>) throws(Broken) {
        let decoder = try makeDecoder("b")
        let letter: MultipartDecoder.Letter
        do throws(MultipartError) { letter = try decoder.letter(in: bytes) } catch {
            return try require(!error.description.isEmpty, "\(error) is no refusal.")
        }
        let parts = try read(bytes.copy())
        try require(parts.count { $0.mayBeLetter } > 0, "A letter comes of no part.")
        let isOne = parts.contains { $0.content == letter.range && $0.mayBeLetter }
        try require(isOne, "The letter at \(letter.range) is none of \(parts.map(\.content)).")
    }

    private struct Part {
        var content: Range<Int>
        var mayBeLetter: Bool
    }

    /// Cuts a form the slow and obvious way: into lines, and at those that begin with the boundary.
    private static func read(_ bytes: [UInt8]) throws(Broken) -> [Part] {
        var parts: [Part] = []
        var starts: [(delimiter: Int, next: Int)] = []
        for line in lines(bytes) where bytes[line.range].starts(with: "--b".utf8) {
            starts.append((line.range.lowerBound, line.next))
            if bytes[line.range].starts(with: "--b--".utf8) { break }
        }
        for (start, end) in zip(starts, starts.dropFirst()) {
            parts.append(try readPart(bytes, start.next..<max(start.next, end.delimiter - 2)))
        }
        return parts
    }

    private static func readPart(_ bytes: [UInt8], _ range: Range<Int>) throws(Broken) -> Part {
        var part = Part(content: range.upperBound..<range.upperBound, mayBeLetter: false)
        let text = Array(bytes[range])
        for line in lines(text) {
            if line.range.isEmpty {
                part.content = range.lowerBound + line.next..<range.upperBound
                break
            }
            let field = text[line.range]
            let name = field.prefix { $0 != 58 }
            try require(PlainHead.isToken(name) && name.count < field.count, "A part's field is none: \(field.shown)")
            part.mayBeLetter = part.mayBeLetter || name.lowercased.elementsEqual("content-disposition".utf8)
        }
        return part
    }

    /// Where the lines are that end in CRLF, and what is behind the last.
    private static func lines(_ bytes: [UInt8]) -> [(range: Range<Int>, next: Int)] {
        var lines: [(range: Range<Int>, next: Int)] = []
        var start = 0
        for index in bytes.indices where bytes[index] == 10 && index > start && bytes[index - 1] == 13 {
            lines.append((start..<index - 1, index + 1))
            start = index + 1
        }
        return lines + [(start..<bytes.count, bytes.count)]
    }

    /// Any bytes can be sent as a file, with a boundary that is none of their lines' beginnings.
    private static func checkRoundTrip(_ bytes: [UInt8]) throws(Broken) {
        var boundary = "b"
        while String(decoding: bytes, as: UTF8.self).utf8.contains("--\(boundary)".utf8) { boundary += "c" }
        if boundary.utf8.count > 70 { return }
        let head = "\r\nContent-Disposition: form-data; name=\"a\"; filename=\"a\"\r\n\r\n"
        var form = Array("--\(boundary)\(head)".utf8)
        let start = form.count
        form += bytes + Array("\r\n--\(boundary)--\r\n".utf8)
        let letter = try? makeDecoder(boundary).letter(in: form.span)
        let isSame = letter?.range == start..<start + bytes.count && letter?.isFile == true
        try require(isSame, "What was sent as a file is read as something else: \(form.shown)")
    }

    private static func makeDecoder(_ boundary: String) throws(Broken) -> MultipartDecoder {
        let type = Array("multipart/form-data; boundary=\(boundary)".utf8)
        guard let decoder = try? MultipartDecoder(contentType: type.span) else {
            throw Broken(description: "\(boundary) is no boundary.")
        }
        return decoder
    }
}
