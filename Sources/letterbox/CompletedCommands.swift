internal import ArgumentParser
internal import CommandLineSupport
internal import System

/// The program's commands as the scripts for Tab show them: the gateway's flags are also the program's own, and the
/// doctor's.
///
/// The argument parser knows neither, for ``Letterbox`` reads the words of a default subcommand and of the doctor itself.
struct CompletedCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: Letterbox.configuration.commandName, version: Version.current,
        subcommands: Letterbox.configuration.subcommands.map { command -> any ParsableCommand.Type in
            command == DoctorCommand.self ? Doctor.self : command
        })

    @OptionGroup var gateway: GatewayCommand

    /// The script for bash, in which a flag of the program itself, such as --service, no longer stands for that of a subcommand
    /// of the same name; others stay unchanged.
    static func mended(_ script: String) -> String {
        let choice = "case \"${prev}\" in"
        guard let root = script.firstRange(of: "\n_letterbox() {"),
            let place = script[root.upperBound...].firstRange(of: choice)
        else { return script }
        var mended = script
        mended.replaceSubrange(place, with: "case \"${unparsed_words[0]:+subcommand }${prev}\" in")
        return mended
    }

    struct Doctor: ParsableCommand {
        static let configuration = DoctorCommand.configuration

        @OptionGroup var doctor: DoctorCommand
        @OptionGroup var gateway: GatewayCommand
    }
}
