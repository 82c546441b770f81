internal import ArgumentParser
internal import CommandLineSupport

/// The command and its subcommands.
@main
struct Letterbox: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "letterbox",
        abstract: "An HTTP door for UDP services.",
        discussion: """
            Without a subcommand it is the gateway: POST text to http://127.0.0.1:8080/ and one datagram goes to a UDP \
            service, whose reply is the response.
            """,
        version: "0.1.0",
        subcommands: [
            GatewayCommand.self, ServerCommand.self, ClientCommand.self, NoiseCommand.self, PingCommand.self,
        ],
        defaultSubcommand: GatewayCommand.self
    )

    static func main() {
        Preparation.prepare()
        main(nil)
    }
}
