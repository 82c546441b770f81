internal import HTTP

/// The content of a form: a payload, its notation, and its service.
struct PostedForm {
    /// The payload as typed.
    var text: [UInt8] = []
    /// The service's path.
    let to: String
    /// The notation of the payload and of its reply; nil for text.
    let notation: Notation?
    /// Whether the notation's name is unknown.
    let isUnknown: Bool

    /// A field without content counts as a missing one.
    init(text: [UInt8] = [], to: [UInt8]? = nil, notation name: [UInt8]? = nil) {
        self.text = text
        self.to = to.flatMap { $0.isEmpty ? nil : String(decoding: $0, as: UTF8.self) } ?? "/"
        notation = name.flatMap(Notation.init(name:))
        isUnknown = notation == nil && name?.isEmpty == false
    }

    /// The bytes of a reply, in the form's notation.
    func write(_ bytes: Span<UInt8>) -> [UInt8] { notation?.encode(bytes) ?? bytes.indices.map { bytes[$0] } }

    var path: ArraySlice<UInt8> { Array(to.utf8)[...] }

    /// The payload's bytes.
    var payload: [UInt8] {
        get throws(NotationError) {
            guard let notation else { return text }
            return try notation.decode(text.span)
        }
    }
}
