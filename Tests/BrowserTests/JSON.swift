import Foundation

/// A JSON value, read with as little ceremony as a test can bear.
struct JSON: CustomStringConvertible {
    private let value: Any?

    init(_ value: Any?) { self.value = value }

    init(parsing text: String) throws {
        value = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
    }

    subscript(name: String) -> JSON { JSON((value as? [String: Any])?[name]) }
    var array: [JSON] { (value as? [Any])?.map { JSON($0) } ?? [] }
    var string: String? { value as? String }
    var number: Double? { (value as? NSNumber)?.doubleValue }
    var integer: Int? { (value as? NSNumber)?.intValue }
    var bool: Bool? { (value as? NSNumber)?.boolValue }
    /// The values of an object.
    var members: [String: JSON] { (value as? [String: Any])?.mapValues { JSON($0) } ?? [:] }
    var description: String { value.map { "\($0)" } ?? "nothing" }

    /// An object or an array as text.
    static func text(_ value: Any) throws -> String {
        String(decoding: try JSONSerialization.data(withJSONObject: value), as: UTF8.self)
    }
}
