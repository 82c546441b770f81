internal import ArgumentParser
internal import CommandLineSupport
internal import System

/// The flags of a command, from all their places.
///
/// The gateway's flags come from a file, the environment and the command line, where a later place overrules the
/// earlier ones; those of other commands come from the command line.
struct LayeredSettings {
    private let command: any ParsableCommand.Type
    private let settings: [Setting]

    /// - `waiting`: waits for the bytes where the file is a pipe.
    init(_ command: any ParsableCommand.Type, words: [String], waiting: Bool = true) throws(SettingsError) {
        self.command = command
        let table = FlagTable(of: command)
        let given = Setting.fromCommandLine(words, table)
        try Setting.checkRepetitions(given, table)
        guard command == GatewayCommand.self else {
            settings = given
            return
        }
        try Setting.checkVariables(Environment.names, table)
        let variables = try Setting.fromEnvironment(Self.variable, table)
        var file: [Setting] = []
        if let place = (variables + given).last(where: { $0.name == "config" }), let path = place.value {
            let bytes: [UInt8]
            do { bytes = try Files.bytes(of: path, waiting: waiting) } catch {
                throw SettingsError("\(place.title): \(error).")
            }
            file = try Self.read(Self.text(bytes, path), path, table)
            try Setting.checkRepetitions(file, table)
        }
        settings = Setting.merged([file, variables, given])
    }

    /// All settings as words of a command line.
    var words: [String] { settings.flatMap(\.words) }

    /// The gateway's flags, from all places as they are now; a file that is a pipe delays no request.
    static func ofGateway() throws(SettingsError) -> LayeredSettings {
        let words = Array(CommandLine.arguments.dropFirst())
        let isNamed = words.first == GatewayCommand.configuration.commandName
        return try LayeredSettings(
            GatewayCommand.self, words: isNamed ? Array(words.dropFirst()) : words, waiting: false)
    }

    /// A variable of the environment; other bytes would reach a service as others.
    private static func variable(_ name: String) throws(SettingsError) -> String? {
        guard Environment.isText(name) else { throw SettingsError("\(name): it is not UTF-8.") }
        return Environment.value(of: name)
    }

    /// The text of a file; an error names the first line that is none.
    private static func text(_ bytes: [UInt8], _ path: String) throws(SettingsError) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let index = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
        throw SettingsError("\(path):\(index + 1): it is not UTF-8.")
    }

    private static func read(_ text: String, _ path: String, _ table: FlagTable) throws(SettingsError) -> [Setting] {
        let settings = try Setting.fromFile(text, path: path, table)
        for setting in settings where setting.name == "config" || setting.name == "check" {
            throw SettingsError(setting.sentence("\(setting.name) is for the command line."))
        }
        return settings
    }

    /// Refuses settings without any effect, and those that others contradict.
    func checkEffects(in command: any ParsableCommand) throws(SettingsError) {
        guard let gateway = command as? GatewayCommand else { return }
        for setting in settings {
            guard let conflict = gateway.conflict(of: setting.name) else { continue }
            throw SettingsError(setting.sentence("--\(setting.name) \(conflict)"))
        }
    }

    /// Parses the settings as the gateway's command.
    func parseGateway() throws -> GatewayCommand {
        let command: GatewayCommand
        do { command = try GatewayCommand.parse(words) } catch { throw explain(error) }
        try checkEffects(in: command)
        return command
    }

    /// An error of the parser, with the place of the setting that caused it.
    func explain(_ error: any Error) -> any Error {
        guard settings.contains(where: { $0.source != .commandLine }),
            Letterbox.exitCode(for: error) == .validationFailure
        else { return error }
        let message = Letterbox.message(for: error)
        // A setting with which the parser fails in the same way, and without which it does not: by bisection, for to parse
        // takes long where there are many services.
        var (passing, failing) = (0, settings.count)
        while failing - passing > 1 {
            let middle = (passing + failing) / 2
            if fails(settings[..<middle], with: message) { failing = middle } else { passing = middle }
        }
        let setting = settings[passing]
        guard setting.source != .commandLine, fails(settings[...passing], with: message) else { return error }
        return ValidationError(setting.sentence(message))
    }

    private func fails(_ settings: ArraySlice<Setting>, with message: String) -> Bool {
        do { _ = try command.parseAsRoot(settings.flatMap(\.words)) } catch {
            return Letterbox.message(for: error) == message
        }
        return false
    }
}
