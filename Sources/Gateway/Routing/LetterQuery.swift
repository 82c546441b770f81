internal import HTTP

/// What the query of a request for a service says of its letter.
struct LetterQuery {
    /// How the letter is written, and its reply will be; nil for the bytes themselves.
    private(set) var notation: Notation?
    /// Whether it names a way of writing that there is none of.
    private(set) var isUnknown = false

    /// Reads `as=hex` and `as=base64` out of a query, which may have other parameters.
    init(_ query: ArraySlice<UInt8>) {
        guard !query.isEmpty, let name = FormDecoder(0..<query.count).value(of: "as", in: query.span) else { return }
        notation = Notation(name: name)
        isUnknown = notation == nil
    }
}
