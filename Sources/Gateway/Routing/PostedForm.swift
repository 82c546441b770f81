internal import HTTP

/// What a form says: a letter, how it is written, and the service that it is for.
struct PostedForm {
    /// The letter as it is written.
    var text: [UInt8] = []
    /// The path of its service.
    let to: String
    /// How it is written, and its reply will be; nil for text.
    let notation: Notation?
    /// Whether it names a way of writing that there is none of.
    let isUnknown: Bool

    /// A field without content says no more than none.
    init(text: [UInt8] = [], to: [UInt8]? = nil, notation name: [UInt8]? = nil) {
        self.text = text
        self.to = to.flatMap { $0.isEmpty ? nil : String(decoding: $0, as: UTF8.self) } ?? "/"
        notation = name.flatMap(Notation.init(name:))
        isUnknown = notation == nil && name?.isEmpty == false
    }

    /// Bytes of a reply, as the form has its letter.
    func write(_ bytes: Span<UInt8>) -> [UInt8] { notation?.encode(bytes) ?? bytes.indices.map { bytes[$0] } }

    var path: ArraySlice<UInt8> { Array(to.utf8)[...] }

    /// The bytes that the text stands for.
    var letter: [UInt8] {
        get throws(NotationError) {
            guard let notation else { return text }
            return try notation.decode(text.span)
        }
    }
}
