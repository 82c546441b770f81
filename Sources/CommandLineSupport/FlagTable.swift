package import ArgumentParser

/// The flags of a command by its declarations: their names, and the number of their values.
package struct FlagTable {
    package enum Kind: Sendable {
        /// One value, once.
        case single
        /// One value each time, any number of times.
        case repeated
        /// No value: the flag is set or not.
        case boolean
    }

    /// The flags in the order of their declarations.
    package private(set) var names: [String] = []
    private var kinds: [String: Kind] = [:]

    /// The flags of a kind of command.
    package init(of command: any ParsableArguments.Type) { add(command) }

    /// The kind of a flag; nil for an unknown name.
    package func kind(of name: String) -> Kind? { kinds[name] }

    private mutating func add(_ type: any ParsableArguments.Type) {
        for child in Mirror(reflecting: type.init()).children {
            guard let label = child.label, let declared = child.value as? any Declared else { continue }
            switch Swift.type(of: declared).declaration {
            case .group(let members): add(members)
            case .flag(let kind):
                let name = Self.name(ofProperty: label, in: type)
                names.append(name)
                kinds[name] = kind
            }
        }
    }

    /// The given flags, as lines of a settings file: a name, and its value where it takes one.
    package static func lines(of arguments: any ParsableArguments) -> [(name: String, value: String?)] {
        Mirror(reflecting: arguments).children.flatMap { child -> [(name: String, value: String?)] in
            guard let label = child.label, let declared = child.value as? any Declared else { return [] }
            return switch declared.given {
            case .group(let arguments): lines(of: arguments)
            case .flag(let values): values.map { (name(ofProperty: label, in: type(of: arguments)), $0) }
            }
        }
    }

    /// The property wrapper's storage `_maxHead` is the flag `max-head`, with the suffix of its group.
    private static func name(ofProperty label: String, in group: any ParsableArguments.Type) -> String {
        let letters = label.utf8.drop { $0 == UInt8(ascii: "_") }
        let words = String(
            decoding: letters.flatMap { (65...90).contains($0) ? [UInt8(ascii: "-"), $0 + 32] : [$0] }, as: UTF8.self)
        return words + ((group as? any SuffixedFlags.Type)?.suffix ?? "")
    }
}

/// A group of flags whose names are those of its properties with one end, such as `loss` with `-to-server`.
package protocol SuffixedFlags: ParsableArguments {
    static var suffix: String { get }
}

/// A property of a command that declares a flag, or a group of flags.
///
/// One protocol, not two: the first cast of a type to each protocol searches all conformances, which takes 10 us.
private protocol Declared {
    static var declaration: Declaration<any ParsableArguments.Type, FlagTable.Kind> { get }
    /// A flag's values after parsing, as texts; nil stands for a flag without a value.
    var given: Declaration<any ParsableArguments, [String?]> { get }
}

private enum Declaration<Group, Flag> {
    case group(Group)
    case flag(Flag)
}

extension OptionGroup: Declared {
    fileprivate static var declaration: Declaration<any ParsableArguments.Type, FlagTable.Kind> { .group(Value.self) }
    fileprivate var given: Declaration<any ParsableArguments, [String?]> { .group(wrappedValue) }
}

extension Option: Declared {
    fileprivate static var declaration: Declaration<any ParsableArguments.Type, FlagTable.Kind> {
        .flag(Value.self is any Repeating.Type ? .repeated : .single)
    }
    fileprivate var given: Declaration<any ParsableArguments, [String?]> { .flag(texts(of: wrappedValue)) }
}

extension Flag: Declared {
    fileprivate static var declaration: Declaration<any ParsableArguments.Type, FlagTable.Kind> { .flag(.boolean) }
    fileprivate var given: Declaration<any ParsableArguments, [String?]> {
        .flag((wrappedValue as? Bool) == true ? [nil] : [])
    }
}

private protocol Repeating {}
extension Array: Repeating {}

/// The texts of a value, of each element of a list, and none of nil.
private func texts(of value: Any) -> [String] {
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .collection, .optional: return mirror.children.flatMap { texts(of: $0.value) }
    default: return ["\(value)"]
    }
}
