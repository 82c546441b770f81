/// One given flag, and its place.
package struct Setting {
    /// The place of a flag.
    package enum Source: Equatable {
        case commandLine
        /// A variable of the environment.
        case variable(String)
        /// A file, and the number of the line.
        case file(String, Int)
    }

    /// The name without hyphens.
    package let name: String
    /// Nil for a flag without a value.
    package let value: String?
    package let source: Source
    /// The flag's words on a command line; none for a flag without a value that is switched off.
    package let words: [String]

    package init(_ name: String, _ value: String?, _ source: Source) {
        // A value that begins with a hyphen needs the sign; of an empty one behind it the parser says that it is missing.
        let words = value.map { $0.isEmpty ? ["--\(name)", ""] : ["--\(name)=\($0)"] }
        self.init(name, value, source, words: words ?? ["--\(name)"])
    }

    init(_ name: String, _ value: String?, _ source: Source, words: [String]) {
        (self.name, self.value, self.source, self.words) = (name, value, source, words)
    }

    /// A flag without a value by its state in words; nil for other words.
    private init?(switching name: String, _ state: String, _ source: Source) {
        switch state {
        case "true": self.init(name, nil, source)
        case "false": self.init(name, nil, source, words: [])
        default: return nil
        }
    }

    /// A sentence about the setting, which begins with its place.
    package func sentence(_ text: String) -> String {
        switch source {
        case .commandLine: text
        case .variable(let name): "\(name): \(text)"
        case .file(let path, let line): "\(path):\(line): \(text)"
        }
    }

    /// The setting's name in a message.
    package var title: String {
        switch source {
        case .commandLine: "--\(name)"
        case .variable(let variable): variable
        case .file: name
        }
    }
}

/// An error in the settings: one sentence.
package struct SettingsError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

extension Setting {
    /// The flags among the words of a command line; other words become settings without a name.
    package static func fromCommandLine(_ words: [String], _ table: FlagTable) -> [Setting] {
        var settings: [Setting] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            // The rest has no flags, whatever its form.
            if word == "--" { return settings + ([word] + rest).map { Setting("", nil, .commandLine, words: [$0]) } }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let name = word.hasPrefix("--") ? String(parts[0].dropFirst(2)) : ""
            guard let kind = table.kind(of: name) else {
                settings.append(Setting("", nil, .commandLine, words: [word]))
                continue
            }
            if kind == .boolean, parts.count == 2, let setting = Setting(switching: name, parts[1], .commandLine) {
                settings.append(setting)
            } else if parts.count == 2 || kind == .boolean || rest.isEmpty {
                settings.append(Setting(name, parts.count == 2 ? parts[1] : nil, .commandLine, words: [word]))
            } else {
                let value = rest.removeFirst()
                settings.append(Setting(name, value, .commandLine, words: [word, value]))
            }
        }
        return settings
    }

    /// The flags of a file, one a line, without hyphens.
    package static func fromFile(_ text: String, path: String, _ table: FlagTable) throws(SettingsError) -> [Setting] {
        var settings: [Setting] = []
        // Some editors write a byte-order mark.
        let text = text.unicodeScalars.first == "\u{FEFF}" ? text.unicodeScalars.dropFirst() : text.unicodeScalars[...]
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, text) in lines.enumerated() {
            let source = Source.file(path, index + 1)
            do throws(SettingsError) {
                guard let line = try SettingsLine(reading: text) else { continue }
                guard let kind = table.kind(of: line.name) else { throw SettingsError(Self.unknown(line.name, table)) }
                guard let value = line.value ?? (kind == .boolean ? "true" : nil) else {
                    throw SettingsError("\(line.name) needs a value behind it.")
                }
                settings.append(try Setting(line.name, read: value, source, table))
            } catch {
                throw SettingsError(Setting("", nil, source).sentence(error.description))
            }
        }
        return settings
    }

    /// A flag of a file or a variable.
    private init(_ name: String, read value: String, _ source: Source, _ table: FlagTable) throws(SettingsError) {
        guard table.kind(of: name) == .boolean else {
            self.init(name, value, source)
            return
        }
        guard let setting = Setting(switching: name, value, source) else {
            throw SettingsError("\(Setting(name, value, source).title): \"\(value)\" is neither true nor false.")
        }
        self = setting
    }

    /// A letter of a flag's name in the name of its variable.
    private static func letterOfVariable(_ letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "-"): UInt8(ascii: "_")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): letter & 0xDF
        default: letter
        }
    }

    /// The flags in the environment: `LETTERBOX_MAX_HEAD` is `max-head`.
    ///
    /// Semicolons separate several values of one flag, which may stand between quotes. An empty value counts as none.
    /// Other variables are ignored; see ``checkVariables(_:_:)``.
    package static func fromEnvironment(
        _ variable: (String) throws(SettingsError) -> String?, _ table: FlagTable
    ) throws(SettingsError) -> [Setting] {
        var settings: [Setting] = []
        for flag in table.names {
            let name = variableName(of: flag)
            guard let value = try variable(name), !value.isEmpty else { continue }
            let values: [String]
            do throws(SettingsError) { values = table.kind(of: flag) == .repeated ? try list(value) : [value] } catch {
                throw SettingsError("\(name): \(error)")
            }
            for value in values { settings.append(try Setting(flag, read: value, .variable(name), table)) }
        }
        return settings
    }

    /// Throws where the name of a variable is nearly that of a flag's: the setting would be lost.
    ///
    /// Other names may be another program's, such as those that Kubernetes sets for a service of the name `letterbox`.
    package static func checkVariables(_ names: [String], _ table: FlagTable) throws(SettingsError) {
        let known = table.names.map(variableName(of:))
        for name in names where name.count >= variablePrefix.count + 6 && name.hasPrefix(variablePrefix) {
            guard !known.contains(name), let nearest = Nearest.name(to: name, among: known) else { continue }
            throw SettingsError("\(name) is no setting. Did you mean \(nearest)?")
        }
    }

    private static let variablePrefix = "LETTERBOX_"

    private static func variableName(of flag: String) -> String {
        variablePrefix + String(decoding: flag.utf8.map(letterOfVariable), as: UTF8.self)
    }

    /// Throws where a place has a flag with a single value twice.
    package static func checkRepetitions(_ settings: [Setting], _ table: FlagTable) throws(SettingsError) {
        var seen: [String: Setting] = [:]
        for setting in settings where table.kind(of: setting.name) != nil && table.kind(of: setting.name) != .repeated {
            guard let first = seen.updateValue(setting, forKey: setting.name) else { continue }
            let place = if case .file(_, let line) = first.source { ", first in line \(line)" } else { "" }
            throw SettingsError(setting.sentence("\(setting.title) is there twice\(place): leave one out."))
        }
    }

    /// Several layers as one: a later layer's values of a name replace all earlier ones of that name.
    package static func merged(_ layers: [[Setting]]) -> [Setting] {
        let settings: [Setting] = layers.reduce([]) { lower, upper in
            let names = Set(upper.map(\.name))
            return lower.filter { !names.contains($0.name) } + upper
        }
        // A flag that is switched off has replaced the earlier ones, and is as one that was never given.
        return settings.filter { !$0.words.isEmpty }
    }

    private static func unknown(_ name: String, _ table: FlagTable) -> String {
        if name.hasPrefix("-"), table.kind(of: String(name.drop { $0 == "-" })) != nil {
            return "\(name): write the name without hyphens here."
        }
        let word = String(name.prefix { $0 != "=" && $0 != ":" })
        if word != name, table.kind(of: word) != nil {
            return "\(word): write a space between name and value, and no sign."
        }
        let hint = Nearest.name(to: word, among: table.names).map { " Did you mean \($0)?" } ?? ""
        return "\(name) is no setting: the names are those of the gateway's flags, without hyphens.\(hint)"
    }

    /// The values of a variable with semicolons between them; in double quotes, as in a file, one may have semicolons.
    private static func list(_ text: String) throws(SettingsError) -> [String] {
        var values: [String] = []
        var rest = text.unicodeScalars[...]
        while !rest.isEmpty {
            rest = rest.drop(while: \.isSpace)
            if rest.first == "\"" {
                values.append(try SettingsLine.readQuoted(from: &rest))
                rest = rest.drop(while: \.isSpace)
                guard rest.isEmpty || rest.first == ";" else {
                    throw SettingsError("a semicolon is needed behind the closing quote.")
                }
            } else {
                let value = trimmed(Substring(rest.prefix { $0 != ";" }))
                if !value.isEmpty { values.append(value) }
                rest = rest.drop { $0 != ";" }
            }
            rest = rest.dropFirst()
        }
        return values
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
