internal import ArgumentParser
internal import CommandLineSupport
internal import System

/// The command and its subcommands.
@main
struct Letterbox: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "letterbox",
        abstract: "An HTTP door for UDP services.",
        discussion: """
            Without a subcommand it is the gateway: POST text to http://127.0.0.1:8080/ and one datagram goes to a UDP \
            service, whose reply is the response. Its flags of every day:

              --port 8081                 listens at another TCP port
              --upstream 192.0.2.7:5683   asks your UDP service, not the embedded one
              --timeout 5s                waits longer for a reply
              --attempts 3                sends up to three datagrams for a reply
              --lab                       loses, doubles and delays datagrams

            All of them: letterbox gateway --help
            """,
        version: Version.current,
        subcommands: [
            GatewayCommand.self, ServerCommand.self, ClientCommand.self, NoiseCommand.self, PingCommand.self,
            DoctorCommand.self,
        ],
        defaultSubcommand: GatewayCommand.self
    )

    static func main() {
        // First of all: a HUP that came before would end the program.
        let signals = SignalHold()
        Preparation.prepare(advice: "give a payload with --hex or on standard input")
        let words = Array(CommandLine.arguments.dropFirst())
        let names = configuration.subcommands.compactMap { $0.configuration.commandName }
        let problem = problem(in: words, among: names)
        let named = configuration.subcommands.first { $0.configuration.commandName == words.first }
        handle(signals, problem == nil && !isQuestion(words) ? named ?? GatewayCommand.self : nil, words)
        if let problem { exit(withError: ValidationError(problem)) }
        run(words)
    }

    /// Lets a signal end a command that handles signals until it has looked names up, and keeps the others held for it; the
    /// default ends the other commands, and a check of the settings.
    private static func handle(_ signals: SignalHold, _ command: (any ParsableCommand.Type)?, _ words: [String]) {
        let servers: [any ParsableCommand.Type] = [ServerCommand.self, NoiseCommand.self]
        let isGateway = command == GatewayCommand.self && !isCheck(words)
        // Now, for the terminal may be closed while the settings are read.
        if isGateway { _ = ControllingTerminal.existedAtStart }
        if isGateway || servers.contains(where: { $0 == command }) { return SignalDescriptor.endAtOnce() }
        // Cut short before its first probe, a ping has measured nothing.
        if command == PingCommand.self { return SignalDescriptor.endAtOnce(withSuccess: false) }
        signals.release()
    }

    /// Whether the gateway only checks its settings: a file cannot ask for that, and the environment before the words.
    private static func isCheck(_ words: [String]) -> Bool {
        let word = words.last { $0 == "--check" || $0.hasPrefix("--check=") }
        return ["--check", "--check=true"].contains(word ?? "--check=\(Environment.value(of: "LETTERBOX_CHECK") ?? "")")
    }

    /// Whether the argument parser answers the words by itself.
    private static func isQuestion(_ words: [String]) -> Bool {
        words.first == "help" || words.contains { $0 == "-h" || $0.hasPrefix("--help") || questions.contains($0) }
    }

    /// Runs the command that the words name.
    private static func run(_ words: [String]) -> Never {
        let named = configuration.subcommands.first { $0.configuration.commandName == words.first }
        if words.contains(where: { $0.hasPrefix(script) }) {
            CompletedCommands.answer(words, changing: CompletedCommands.mended)
        }
        if isQuestion(words) { answer(words) }
        let isDoctor = named == DoctorCommand.self
        let command = isDoctor ? GatewayCommand.self : named ?? GatewayCommand.self
        let given = named == nil ? words : Array(words.dropFirst())
        let settings: LayeredSettings
        let isJSON: Bool
        do {
            let flags: [String]
            (flags, isJSON) = isDoctor ? try DoctorCommand.split(given) : (given, false)
            settings = try LayeredSettings(command, words: flags)
        } catch {
            end(ValidationError(error.description), of: named ?? command)
        }
        do {
            var command = try parse(command, settings)
            if isDoctor, let gateway = command as? GatewayCommand {
                command = DoctorCommand(about: gateway, isJSON: isJSON)
            }
            try command.run()
            exit()
        } catch {
            end(error, of: named ?? command)
        }
    }

    /// Ends with an error, and for wrong usage with that of the command that the words name.
    ///
    /// By itself the argument parser writes the usage of the command that it has read, which is the gateway for `doctor` and
    /// none for an error of a settings file.
    private static func end(_ error: any Error, of command: any ParsableCommand.Type) -> Never {
        let text = fullMessage(for: error)
        guard exitCode(for: error) == .validationFailure, let usage = text.ranges(of: "\nUsage: ").last,
            let name = command.configuration.commandName
        else { exit(withError: error) }
        Console.fatal(
            """
            \(text[..<usage.lowerBound])
            Usage: \(usageString(for: command))
              See 'letterbox \(name) --help' for more information.
            """)
        exit(withError: ExitCode.validationFailure)
    }

    /// The command with its flags.
    ///
    /// From the root ArgumentParser looks through a command's declarations six times, which takes a third of the start; from
    /// the command itself, twice. The root's messages name the command in full.
    private static func parse(
        _ type: any ParsableCommand.Type, _ settings: LayeredSettings
    ) throws -> any ParsableCommand {
        let name = type.configuration.commandName.map { [$0] } ?? []
        let command: any ParsableCommand
        do { command = try type.parseAsRoot(settings.words) } catch {
            do { command = try parseAsRoot(name + settings.words) } catch { throw settings.explain(error) }
        }
        if let error = type.misreading(command, of: settings.words) { throw error }
        do { try settings.checkEffects(in: command) } catch { throw ValidationError(error.description) }
        return command
    }

    /// The words that ArgumentParser answers by itself.
    private static let questions = ["--version", "--experimental-dump-help", script]
    private static let script = "--generate-completion-script"

    /// The error of a word that should name a subcommand, the first one or the one behind `help`: a sentence with the
    /// nearest of the names and all of them; nil for a name and for a flag.
    ///
    /// The argument parser takes the first for an argument of the default subcommand, and calls it unexpected; behind `help`
    /// it ignores it.
    private static func problem(in words: [String], among names: [String]) -> String? {
        let word = words.first == "help" ? words.dropFirst().first : words.first
        guard let word, !word.hasPrefix("-"), word != "help", !names.contains(word) else { return nil }
        let hint = Nearest.name(to: word, among: names).map { " Did you mean '\($0)'?" } ?? ""
        return "There is no subcommand '\(word)'.\(hint) There are \(names.joined(separator: ", ")) and help."
    }
}
