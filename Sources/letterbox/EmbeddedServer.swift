internal import CommandLineSupport
internal import Datagrams
internal import EventLoop
internal import Gateway
internal import System

/// The tutorial's uppercase server inside the gateway, which serves `/` where no service is named; `--lab` puts a bad
/// network in front of it.
struct EmbeddedServer {
    /// The embedded server as the service at `/`.
    let service: Service
    private let server: UDPService
    private let noise: LabNoise?

    /// Starts the server, and enters it into the settings.
    init(_ command: GatewayCommand, _ settings: inout Configuration, on loop: EventLoop) throws {
        let addresses = command.addresses
        let port = "--server-port"
        server = try Exit.opening(SocketFlags(address: port, port: port, purpose: " for the embedded UDP server")) {
            try UDPService(
                address: try bindAddress("127.0.0.1", addresses.serverPort), workers: 1, service: Uppercase())
        }
        let seed = addresses.labSeed ?? UInt64.random(in: 0..<1_000_000)
        noise =
            addresses.lab
            ? try LabNoise(to: server.address, seed: seed, sockets: settings.maxSockets, on: loop) : nil
        settings.isEmbedded = true
        settings.lab = noise?.lab
        service = Service(path: "/", addresses: [noise?.address ?? server.address], configuration: settings)
    }

    func stop() async {
        await noise?.stop()
        await server.stop()
    }
}
