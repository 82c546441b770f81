/// The fields of a request or a response, in order, with repeated ones.
///
/// Names compare without regard to case (RFC 9110, 5.1). A literal keeps its order:
/// `["Content-Type": "text/plain", "X-Note": "one", "X-Note": "two"]`.
package struct CurlFields: Sendable, Equatable {
    /// One line of a head: a name and its value.
    package struct Field: Sendable, Equatable {
        /// The name, in the case in which it was written.
        package let name: String
        /// The value, without the white space around it.
        package let value: String
    }

    private var fields: [Field] = []

    package init() {}

    /// Adds a field at the end; another one of the same name stays.
    package mutating func append(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// The value of the first field called `name`, or nil where there is none.
    package subscript(name: String) -> String? {
        fields.first { Self.areSame($0.name, name) }?.value
    }

    private static func areSame(_ one: String, _ other: String) -> Bool {
        one.utf8.count == other.utf8.count && one.lowercased() == other.lowercased()
    }
}

extension CurlFields: ExpressibleByDictionaryLiteral {
    /// Makes a list of the pairs, in their order.
    package init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0.0, value: $0.1) }
    }
}

extension CurlFields: RandomAccessCollection {
    package var startIndex: Int { fields.startIndex }
    package var endIndex: Int { fields.endIndex }
    package subscript(position: Int) -> Field { fields[position] }
}
