internal import HTTP

/// What the query of a request for a service says of its letter.
struct LetterQuery {
    private let query: ArraySlice<UInt8>
    /// How the letter is written, and its reply will be; nil for the bytes themselves.
    private(set) var notation: Notation?
    /// Whether the letter is written as text, which only a query has to say.
    private(set) var isText = false
    /// Whether it names a way of writing that there is none of.
    private(set) var isUnknown = false

    /// Reads the parameter `as` of a query, which may have others.
    init(_ query: ArraySlice<UInt8>) {
        self.query = query
        guard let name = value(of: "as") else { return }
        notation = Notation(name: name)
        isText = name.elementsEqual("text".utf8)
        isUnknown = notation == nil && !isText
    }

    /// The letter that a parameter carries; nil where there is no such parameter.
    func letter(in name: String) throws(NotationError) -> [UInt8]? {
        guard let value = value(of: name), !isText else { return value(of: name) }
        // In a query a plus sign stands for a space, so that base64 has the letters of a URL there.
        guard let notation, notation == .hex else { return try Base64.decode(url: value.span) }
        return try notation.decode(value.span)
    }

    /// Whether there is such a parameter.
    func has(_ name: String) -> Bool { value(of: name) != nil }

    private func value(of name: String) -> [UInt8]? {
        query.isEmpty ? nil : FormDecoder(0..<query.count).value(of: name, in: query.span)
    }
}
