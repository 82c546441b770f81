internal import HTTP

/// The parameters of a request's query that concern its payload.
struct PayloadQuery {
    private let query: ArraySlice<UInt8>
    /// The notation of the payload and of its reply; nil for the bytes themselves.
    private(set) var notation: Notation?
    /// Whether the payload is text, which only a query has to say.
    private(set) var isText = false
    /// Whether the notation's name is unknown.
    private(set) var isUnknown = false

    /// Reads the parameter `as` of a query, which may have others.
    init(_ query: ArraySlice<UInt8>) {
        self.query = query
        guard let name = value(of: "as") else { return }
        notation = Notation(name: name)
        isText = name.elementsEqual("text".utf8)
        isUnknown = notation == nil && !isText
    }

    /// The payload in a parameter; nil where there is no such parameter.
    func payload(in name: String) throws(NotationError) -> [UInt8]? {
        guard let value = value(of: name), !isText else { return value(of: name) }
        // In a query a plus sign means a space, so that base64 there has the alphabet of URLs.
        guard let notation, notation == .hex else { return try Base64.decode(url: value.span) }
        return try notation.decode(value.span)
    }

    func has(_ name: String) -> Bool { value(of: name) != nil }

    private func value(of name: String) -> [UInt8]? {
        query.isEmpty ? nil : FormDecoder(0..<query.count).value(of: name, in: query.span)
    }
}
