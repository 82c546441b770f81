import HTTP

/// See ``Check/multipart``.
enum MultipartCheck {
    static func run(_ bytes: Span<UInt8>) throws(Broken) {
        try checkForm(bytes)
        try checkRoundTrip(bytes.copy())
    }

    /// Reads the bytes as a form with the boundary "b"; a payload must be the content of one of its parts.
    private static func checkForm(_ bytes: Span<UInt8>) throws(Broken) {
        let decoder = try makeDecoder("b")
        let payload: MultipartDecoder.Payload
        do throws(MultipartError) { payload = try decoder.payload(in: bytes) } catch {
            return try require(!error.rawValue.isEmpty, "\(error) is no refusal.")
        }
        let parts = try read(bytes.copy())
        try require(parts.count { $0.mayBePayload } > 0, "A payload comes of no part.")
        let isOne = parts.contains { $0.content == payload.range && $0.mayBePayload }
        try require(isOne, "The payload at \(payload.range) is none of \(parts.map(\.content)).")
    }

    private struct Part {
        var content: Range<Int>
        var mayBePayload: Bool
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
        var part = Part(content: range.upperBound..<range.upperBound, mayBePayload: false)
        let text = Array(bytes[range])
        for line in lines(text) {
            if line.range.isEmpty {
                part.content = range.lowerBound + line.next..<range.upperBound
                break
            }
            let field = text[line.range]
            let name = field.prefix { $0 != 58 }
            try require(PlainHead.isToken(name) && name.count < field.count, "A part's field is none: \(field.shown)")
            part.mayBePayload = part.mayBePayload || name.lowercased.elementsEqual("content-disposition".utf8)
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
        let payload = try? makeDecoder(boundary).payload(in: form.span)
        let isSame = payload?.range == start..<start + bytes.count && payload?.isFile == true
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
