internal import ArgumentParser
internal import CommandLineSupport
internal import Gateway

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
        ],
        defaultSubcommand: GatewayCommand.self
    )

    static func main() {
        Preparation.prepare()
        let names = configuration.subcommands.compactMap { $0.configuration.commandName }
        if let word = CommandLine.arguments.dropFirst().first,
            let problem = Subcommand.problem(with: word, among: names)
        {
            exit(withError: ValidationError(problem))
        }
        main(nil)
    }
}
