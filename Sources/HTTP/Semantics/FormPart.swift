/// A part of a form: the values of its fields, and the range of its content (RFC 7578 4).
struct FormPart {
    /// The kinds of parts.
    enum Kind: Sendable {
        case text, file
        /// Another field, by its name; an empty name for a file input without a file.
        case other([UInt8])
    }

    let kind: Kind
    let content: Range<Int>

    /// Reads the part that begins at the index and ends with the bytes.
    ///
    /// A reader that looks at lines alone would take a boundary at the beginning of a part for another delimiter.
    init(_ bytes: Span<UInt8>, from start: Int, boundary: Span<UInt8>) throws(MultipartError) {
        guard !bytes.begins(with: boundary, at: start) else { throw .malformedPart }
        var fields = FormPartFields()
        var index = start
        // RFC 2046 5.1.1: without an empty line after the fields, there is no content.
        while index < bytes.count, bytes[index] != ASCII.carriageReturn {
            index = try fields.takeLine(bytes, at: index)
        }
        if index < bytes.count {
            guard index + 1 < bytes.count, bytes[index + 1] == ASCII.lineFeed else { throw .malformedPart }
            index += 2
        }
        content = index..<bytes.count
        kind = try fields.kind(isEmpty: content.isEmpty)
    }
}

/// The fields of a part that the decoder needs.
private struct FormPartFields {
    private var hasDisposition = false
    private var name: [UInt8]?
    private var filename: [UInt8]?

    /// Takes the field whose line begins at the index; returns the start of the next line.
    mutating func takeLine(_ bytes: Span<UInt8>, at start: Int) throws(MultipartError) -> Int {
        guard let colon = try? FieldLine.endOfName(bytes, at: start),
            let line = try? FieldLine.cut(bytes, after: colon)
        else { throw .malformedPart }
        if bytes.matches(start..<colon, "content-disposition") { try takeDisposition(bytes, line.value) }
        // RFC 7578 4.7: no encoding is the rule, and these values mean none.
        if bytes.matches(start..<colon, "content-transfer-encoding") {
            let names = ["binary", "8bit", "7bit"]
            guard names.contains(where: { bytes.matches(line.value, $0) }) else { throw .encodedPart }
        }
        return line.next
    }

    /// `form-data; name="…"; filename="…"` (RFC 7578 4.2).
    private mutating func takeDisposition(_ bytes: Span<UInt8>, _ value: Range<Int>) throws(MultipartError) {
        guard !hasDisposition, let end = bytes.endOfToken(from: value.lowerBound, to: value.upperBound),
            bytes.matches(value.lowerBound..<end, "form-data")
        else { throw .malformedPart }
        hasDisposition = true
        var parameters = ParameterList(end..<value.upperBound, isOfForm: true)
        while let parameter = parameters.next(in: bytes) {
            if bytes.matches(parameter.name, "name") {
                guard name == nil else { throw .malformedPart }
                name = parameter.content(in: bytes)
            } else if bytes.matches(parameter.name, "filename") {
                guard filename == nil else { throw .malformedPart }
                filename = parameter.content(in: bytes)
            }
        }
        guard !parameters.isMalformed else { throw .malformedPart }
    }

    /// The part's kind; `isEmpty` says whether it has no content.
    func kind(isEmpty: Bool) throws(MultipartError) -> FormPart.Kind {
        guard let name else { throw .malformedPart }
        // WHATWG HTML 4.10.22.4: for an input without a file a browser sends one without a name and without content.
        if let filename { return filename.isEmpty && isEmpty ? .other([]) : .file }
        return name.elementsEqual("text".utf8) ? .text : .other(name)
    }
}

extension Span<UInt8> {
    /// Whether the other bytes are at the index.
    func begins(with other: Span<UInt8>, at start: Int) -> Bool {
        guard start + other.count <= count else { return false }
        for index in other.indices where self[start + index] != other[index] { return false }
        return true
    }
}
