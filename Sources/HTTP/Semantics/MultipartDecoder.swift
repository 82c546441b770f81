/// Finds the payload in a form of the type `multipart/form-data` (RFC 7578), which browsers and curl's `-F` post.
///
/// The payload is the field named `text`, or the file. The decoder skips other fields, except those that name the
/// service and the notation. It also skips the file that a browser sends for an input without one, which has neither a
/// name nor content. A file goes before an empty text.
public struct MultipartDecoder: Sendable {
    /// The end of a part: CRLF, two hyphens and the boundary (RFC 2046 5.1.1).
    private let delimiter: [UInt8]

    private static let type = "multipart/form-data"

    /// The place of the payload.
    public struct Payload: Sendable, Equatable {
        /// Its range in the content of the request.
        public let range: Range<Int>
        /// Whether it is a file, whose bytes all count, rather than a text, whose lines a browser ends with CRLF.
        public let isFile: Bool
        /// The content of its companion fields, `to` and `as`: of several with one name the first.
        public let others: [String: Range<Int>]
    }

    /// A decoder for content with this Content-Type; nil for any type but `multipart/form-data`.
    public init?(contentType value: Span<UInt8>) throws(MultipartError) {
        guard let end = MediaType.endOfName(in: value), value.matches(0..<end, Self.type) else { return nil }
        var parameters = ParameterList(end..<value.count)
        var boundary: [UInt8]?
        while let parameter = parameters.next(in: value) {
            guard value.matches(parameter.name, "boundary") else { continue }
            guard boundary == nil else { throw .noBoundary }
            boundary = parameter.content(in: value)
        }
        guard let boundary, !parameters.isMalformed, Self.isBoundary(boundary) else { throw .noBoundary }
        delimiter = Array("\r\n--".utf8) + boundary
    }

    /// `0*69<bchars> bcharsnospace` (RFC 2046 5.1.1).
    private static func isBoundary(_ bytes: [UInt8]) -> Bool {
        guard (1...70).contains(bytes.count), bytes.last != ASCII.space else { return false }
        return bytes.allSatisfy { $0.isAlphanumeric || "'()+_,-./:=? ".utf8.contains($0) }
    }

    /// The payload in the body, in time proportional to the body's length.
    public func payload(in body: Span<UInt8>) throws(MultipartError) -> Payload {
        var payloads = Payloads()
        var next = try startOfFirstPart(body)
        while let start = next {
            guard let end = find(in: body, from: start) else { throw .notClosed }
            let boundary = delimiter.span.extracting(2...)
            try payloads.take(FormPart(body.extracting(0..<end), from: start, boundary: boundary))
            next = try startOfPart(body, behind: end + delimiter.count)
        }
        return try payloads.only()
    }

    /// The start of the first part; nil where the first delimiter is also the last one.
    ///
    /// A reader ignores the bytes before it (RFC 2046 5.1.1).
    private func startOfFirstPart(_ body: Span<UInt8>) throws(MultipartError) -> Int? {
        let opening = delimiter.span.extracting(2...)
        if body.begins(with: opening, at: 0) { return try startOfPart(body, behind: opening.count) }
        guard let start = find(in: body, from: 0) else { throw .noPart }
        return try startOfPart(body, behind: start + delimiter.count)
    }

    /// The start of the next part, after the rest of a delimiter's line; nil after the last delimiter.
    ///
    /// RFC 2046 5.1.1 lets white space follow the boundary. Of a line that continues after the boundary some readers
    /// make a delimiter, as the RFC says, others content, and so the decoder refuses it.
    private func startOfPart(_ body: Span<UInt8>, behind boundary: Int) throws(MultipartError) -> Int? {
        let isLast = body.begins(with: Self.hyphens.span, at: boundary)
        let index = body.skipBlanks(from: boundary + (isLast ? 2 : 0), to: body.count)
        if isLast, index == body.count { return nil }
        guard index + 1 < body.count else { throw .notClosed }
        guard body[index] == ASCII.carriageReturn, body[index + 1] == ASCII.lineFeed else { throw .malformedDelimiter }
        return isLast ? nil : index + 2
    }

    private static let hyphens = Array("--".utf8)

    /// The start of the next delimiter.
    ///
    /// A carriage return begins the delimiter and comes nowhere else in it, so that comparisons never overlap.
    private func find(in body: Span<UInt8>, from start: Int) -> Int? {
        var index = start
        while index < body.count {
            if body[index] == ASCII.carriageReturn, body.begins(with: delimiter.span, at: index) { return index }
            index += 1
        }
        return nil
    }
}

/// The payloads found so far.
private struct Payloads {
    private var text: Range<Int>?
    private var file: Range<Int>?
    private var others: [String: Range<Int>] = [:]

    private static let companions = ["to", "as"]

    mutating func take(_ part: FormPart) throws(MultipartError) {
        switch part.kind {
        case .other(let name):
            let name = String(decoding: name, as: UTF8.self)
            if Self.companions.contains(name), others[name] == nil { others[name] = part.content }
        case .text:
            guard text == nil else { throw .severalPayloads }
            text = part.content
        case .file:
            guard file == nil else { throw .severalPayloads }
            file = part.content
        }
    }

    func only() throws(MultipartError) -> MultipartDecoder.Payload {
        switch (text, file) {
        case (nil, nil): throw .noPayload
        case (let text?, nil): return MultipartDecoder.Payload(range: text, isFile: false, others: others)
        case (let text, let file?):
            guard text?.isEmpty ?? true else { throw .severalPayloads }
            return MultipartDecoder.Payload(range: file, isFile: true, others: others)
        }
    }
}

/// The reason why `multipart/form-data` has no payload that every reader finds; the raw value is one sentence for the
/// client.
public enum MultipartError: String, Error, Sendable, CaseIterable {
    case noBoundary = "The Content-Type multipart/form-data needs one boundary of 1 to 70 characters."
    case noPart = "The form has no line that begins with the boundary of its Content-Type."
    case notClosed = "The form ends before its last boundary."
    case malformedDelimiter = "A line of the form goes on behind the boundary."
    case malformedPart = "A part of the form does not begin with its fields, of which one is Content-Disposition."
    case encodedPart = "A part of the form is encoded: send it without Content-Transfer-Encoding."
    case noPayload = "The form has neither a field named \"text\" nor a file."
    case severalPayloads = "The form has more than one text or file."

    /// The status of the response to this error.
    public var status: Status { self == .encodedPart ? .unsupportedMediaType : .badRequest }
}
