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
            guard let label = child.label else { continue }
            switch child.value {
            case let group as any FlagGroup: add(Swift.type(of: group).members)
            case let flag as any DeclaredFlag:
                let name = Self.name(ofProperty: label)
                names.append(name)
                kinds[name] = Swift.type(of: flag).kind
            default: break
            }
        }
    }

    /// The given flags, as lines of a settings file: a name, and its value where it takes one.
    package static func lines(of arguments: any ParsableArguments) -> [(name: String, value: String?)] {
        Mirror(reflecting: arguments).children.flatMap { child -> [(name: String, value: String?)] in
            switch (child.label, child.value) {
            case (_, let group as any FlagGroup): lines(of: group.arguments)
            case (let label?, let flag as any DeclaredFlag): flag.values.map { (name(ofProperty: label), $0) }
            default: []
            }
        }
    }

    /// The property wrapper's storage `_maxHead` is the flag `max-head`.
    private static func name(ofProperty label: String) -> String {
        label.drop { $0 == "_" }.reduce(into: "") { name, letter in
            name += letter.isUppercase ? "-\(letter.lowercased())" : "\(letter)"
        }
    }
}

/// A group of flags within a command's.
private protocol FlagGroup {
    static var members: any ParsableArguments.Type { get }
    var arguments: any ParsableArguments { get }
}

extension OptionGroup: FlagGroup {
    static var members: any ParsableArguments.Type { Value.self }
    var arguments: any ParsableArguments { wrappedValue }
}

/// A flag by its declaration.
private protocol DeclaredFlag {
    static var kind: FlagTable.Kind { get }
    /// Its values after parsing, as texts; nil stands for a flag without one.
    var values: [String?] { get }
}

extension Option: DeclaredFlag {
    static var kind: FlagTable.Kind { Value.self is any Repeating.Type ? .repeated : .single }
    var values: [String?] { texts(of: wrappedValue) }
}

extension Flag: DeclaredFlag {
    static var kind: FlagTable.Kind { .boolean }
    var values: [String?] { (wrappedValue as? Bool) == true ? [nil] : [] }
}

private protocol Repeating { var elements: [Any] { get } }
extension Array: Repeating { var elements: [Any] { self } }

private protocol Absent { var present: Any? { get } }
extension Optional: Absent { var present: Any? { self } }

private func texts(of value: Any) -> [String] {
    switch value {
    case let list as any Repeating: list.elements.flatMap(texts)
    case let value as any Absent: value.present.map(texts) ?? []
    default: ["\(value)"]
    }
}
