internal import CommandLineSupport
internal import Datagrams
internal import EventLoop
internal import Gateway
internal import Noise
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

/// The bad network between a gateway and its embedded server.
struct LabNoise {
    /// The gateway's access to its settings.
    let lab: Lab
    /// The address that the gateway sends its datagrams to.
    let address: SocketAddress
    private let task: Task<Void, Never>

    /// Begins to pass datagrams on, for this many sockets of the gateway, at first without any effect.
    init(to server: SocketAddress, seed: UInt64, sockets: Int, on loop: EventLoop) throws {
        var limits = NoiseProxy.Limits()
        limits.clients = sockets
        let proxy = try NoiseProxy(
            socket: DatagramSocket(boundTo: try bindAddress("127.0.0.1", 0)), servers: [server], seed: seed,
            settings: BothWays(NoiseSettings()), limits: limits, on: loop)
        address = proxy.address
        lab = Lab(
            server: server, seed: seed, read: { Lab.Settings(proxy.settings.toServer) },
            write: { proxy.settings = BothWays(NoiseSettings($0)) })
        // Without the network the gateway would report silence, without the cause.
        task = Task(executorPreference: loop) { await Exit.serving { try await proxy.run() } }
    }

    /// Ends the network.
    func stop() async {
        task.cancel()
        await task.value
    }
}

extension Lab.Settings {
    /// Converts the noise's settings to per cent and milliseconds.
    fileprivate init(_ settings: NoiseSettings) {
        self.init()
        loss = Self.percent(settings.loss)
        duplicate = Self.percent(settings.duplicate)
        delay = Double(settings.delay.nanoseconds) / 1e6
    }

    /// A thousandth of a per cent is the finest useful step.
    private static func percent(_ probability: Probability) -> Double {
        (probability.fraction * 100_000).rounded() / 1000
    }
}

extension NoiseSettings {
    fileprivate init(_ settings: Lab.Settings) {
        self.init()
        guard let loss = Probability(settings.loss / 100), let duplicate = Probability(settings.duplicate / 100) else {
            preconditionFailure("settings are within their ranges")
        }
        self.loss = loss
        self.duplicate = duplicate
        delay = Interval(nanoseconds: UInt64((settings.delay * 1e6).rounded()))
    }
}
