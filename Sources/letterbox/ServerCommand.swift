internal import ArgumentParser
internal import CommandLineSupport
internal import Datagrams
internal import EventLoop
internal import System

/// The tutorial's UDP server.
struct ServerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "server",
        abstract: "A UDP server that answers each datagram, for one in capitals.",
        discussion: """
            It listens on all addresses of the machine and answers every sender: keep it behind a filter, or give --host \
            127.0.0.1. A reply in capitals can be three times as long as its datagram, and the sender of a datagram can be \
            forged, so that a server open to the Internet can be made to send a victim more than the attacker sends.
            """
    )

    /// The services that a server can have.
    enum Service: String, ExpressibleByArgument, CaseIterable {
        case uppercase, count, echo
    }

    @Option(host: "The address to listen on; 0.0.0.0 is every IPv4 address of the machine, and :: every address.")
    var host = "0.0.0.0"

    @Option(port: "The UDP port; 0 lets the system choose.")
    var port: UInt16 = 12000

    @Option(help: "The service: uppercase, count (how often a letter occurs) or echo.")
    var service = Service.uppercase

    @Option(help: .of("letter", "The letter that the service count looks for.", "s"))
    var letter: String?

    @Option(number: "Sockets that share the port, each with a thread.", in: .threads)
    var workers = 1

    @OptionGroup var log: VerboseFlag

    func validate() throws {
        guard let letter else { return }
        guard LetterCount(letter: letter) != nil else {
            throw ValidationError("--letter takes one letter, not \"\(letter)\".")
        }
        if service != .count { throw ValidationError("--letter has no effect here: add --service count.") }
    }

    func run() throws {
        let service = self.service.make(letter: letter ?? "s")
        try Exit.starting {
            let address = try bindAddress(host, port)
            SignalDescriptor.block()
            try EventLoop.run { loop in
                let signals = try Signals(on: loop)
                let servers = try Exit.opening(.hostAndPort) {
                    try UDPService(address: address, workers: workers, service: service, onDatagram: log.observer)
                }
                Console.error("The server is ready to receive: udp://\(servers.address)", as: .notice)
                await signals.end()
                await servers.stop()
            }
        }
    }
}

extension ServerCommand.Service {
    /// The service's function.
    func make(letter: String) -> any DatagramService {
        switch self {
        case .uppercase: return Uppercase()
        case .echo: return Echo()
        case .count:
            guard let service = LetterCount(letter: letter) else { preconditionFailure("the letter was checked") }
            return service
        }
    }
}
