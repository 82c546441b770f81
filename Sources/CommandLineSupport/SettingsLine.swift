/// A line of a settings file: a name, and a value with or without quotes.
///
/// It is read by scalars: of a space and a combining mark behind it Swift makes one character, which is no space.
package struct SettingsLine: Equatable {
    let name: String
    /// Nil where nothing stands behind the name.
    let value: String?

    package init(_ name: String, _ value: String?) { (self.name, self.value) = (name, value) }

    /// Reads a line; nil where it has nothing but a comment.
    init?(reading line: Substring.UnicodeScalarView) throws(SettingsError) {
        let text = line.drop(while: \.isSpace)
        guard let first = text.first, first != "#" else { return nil }
        name = String(text.prefix { !$0.isSpace })
        var rest = text.drop { !$0.isSpace }.drop(while: \.isSpace)
        guard let begin = rest.first, begin != "#" else {
            value = nil
            return
        }
        // No flag's value is likely to begin so, and a quoted one may.
        guard begin != "=" else {
            throw SettingsError("\(name): write a space between name and value, and no sign.")
        }
        guard begin == "\"" else {
            value = Self.withoutComment(rest)
            return
        }
        value = try Self.readQuoted(from: &rest)
        let next = rest.drop(while: \.isSpace).first
        guard next == nil || next == "#" && rest.first?.isSpace == true else {
            throw SettingsError(
                "\(name): there is something behind the closing quote: write \\\" for a quote in the value.")
        }
    }

    /// The line as a file has it.
    package var text: String {
        guard let value else { return name }
        return "\(name) \(Self.needsQuotes(value) ? Self.quoted(value) : value)"
    }

    /// Reads a value in quotes, and leaves what is behind the closing one.
    static func readQuoted(from text: inout Substring.UnicodeScalarView) throws(SettingsError) -> String {
        var value = String.UnicodeScalarView()
        text.removeFirst()
        while let scalar = text.popFirst() {
            switch scalar {
            case "\"": return String(value)
            case "\\":
                guard let letter = text.popFirst(), let meant = escapes[letter] else {
                    throw SettingsError("a backslash between quotes is written \\\\, a quote \\\", a line end \\n.")
                }
                value.append(meant)
            default: value.append(scalar)
            }
        }
        throw SettingsError("the closing quote is missing.")
    }

    /// The scalars with a backslash before them between quotes, and their meaning.
    private static let escapes: [Unicode.Scalar: Unicode.Scalar] = ["\\": "\\", "\"": "\"", "n": "\n"]

    private static func quoted(_ value: String) -> String {
        var text = ""
        for scalar in value.unicodeScalars {
            if let letter = escapes.first(where: { $0.value == scalar })?.key {
                text += "\\\(letter)"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return "\"\(text)\""
    }

    /// Whether the reader would take a value without quotes for another one.
    private static func needsQuotes(_ value: String) -> Bool {
        let scalars = value.unicodeScalars
        guard let first = scalars.first, !["#", "\"", "="].contains(first), !scalars.contains("\n") else { return true }
        return withoutComment(scalars[...].drop(while: \.isSpace)) != value
    }

    /// The text as far as a `#` behind a space, without the spaces at its end.
    private static func withoutComment(_ text: Substring.UnicodeScalarView) -> String {
        var value = text
        if let sign = zip(text.indices, text.indices.dropFirst()).first(where: { text[$0].isSpace && text[$1] == "#" })
        {
            value = text[..<sign.0]
        }
        while value.last?.isSpace == true { value.removeLast() }
        return String(value)
    }
}

extension Unicode.Scalar {
    /// Whether it separates words.
    var isSpace: Bool { properties.isWhitespace }
}
