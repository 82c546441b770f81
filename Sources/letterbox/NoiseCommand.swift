internal import Noise
internal import ArgumentParser
internal import CommandLineSupport
internal import Datagrams
internal import EventLoop
internal import System

/// A bad network between UDP clients and a server.
struct NoiseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "noise",
        abstract: "A bad network on purpose: loses, doubles, delays, reorders and damages datagrams.",
        discussion: """
            Clients send to --port, and their datagrams go on to the server at --to, and the replies back. Each \
            impairment applies both ways unless it is set for one: --loss 10% --loss-to-client 0%. The same seed does \
            the same to the same datagrams.
            """
    )

    @Option(host: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(port: "The UDP port to listen on; 0 lets the system choose.")
    var port: UInt16 = 12001

    @Option(endpoint: "The server.")
    var to = Endpoint(host: "127.0.0.1", port: 12000)

    @OptionGroup(title: "Impairments, both ways")
    var bothWays: ImpairmentFlags<EachWay>

    @OptionGroup(title: "Impairments, client to server")
    var toServer: ImpairmentFlags<ToServer>

    @OptionGroup(title: "Impairments, server to client")
    var toClient: ImpairmentFlags<ToClient>

    @Option(seed: "The seed of the dice; without it a new one each time, which the ready line names.")
    var seed: UInt64?

    @Option(
        number: "How many clients are served at a time; then the one quiet longest, with no datagram held, makes room.",
        in: 1...100_000)
    var maxClients = NoiseProxy.Limits().clients

    @Option(time: "How long a client may be quiet before it is forgotten.", in: .untilADay)
    var clientIdle = NoiseProxy.Limits().idle

    @Option(
        number: "How much memory delayed datagrams may take; beyond it they are lost.", in: 131_072...(1 << 40),
        of: "bytes")
    var maxHeld = NoiseProxy.Limits().heldBytes

    @Flag(help: "Print a line for each datagram.")
    var verbose = false

    func validate() throws {
        if to.port == 0 { throw ValidationError("--to \(to) has no port to send to.") }
        try checkReordering()
    }

    /// Refuses a delay of datagrams that are not held back, and the other way round.
    private func checkReordering() throws {
        let shares = [bothWays.reorder, toServer.reorder, toClient.reorder].compactMap(\.self)
        let delays = [bothWays.reorderDelay, toServer.reorderDelay, toClient.reorderDelay].compactMap(\.self)
        if shares.isEmpty, !delays.isEmpty {
            throw ValidationError("--reorder-delay has no effect without --reorder: no datagram is held back.")
        }
        let common = bothWays.changing(NoiseSettings())
        for way in [toServer.changing(common), toClient.changing(common)]
        where way.reorder > .never && way.reorderDelay == .seconds(0) {
            throw ValidationError(
                "--reorder has no effect with --reorder-delay 0s: no other datagram overtakes one in no time.")
        }
    }

    func run() throws {
        _ = DescriptorLimit.raise()
        try Exit.starting {
            let servers = try Resolver.resolve(to)
            let address = try bindAddress(host, port)
            SignalDescriptor.block()
            try Destinations.check(servers, many: "give that of one")
            try EventLoop.run { loop in
                let signals = try Signals(on: loop)
                let seed = self.seed ?? UInt64.random(in: 0..<1_000_000)
                let proxy = try proxy(at: address, to: servers, seed: seed, on: loop)
                let task = Task(executorPreference: loop) { await Exit.serving { try await proxy.run() } }
                let targets = servers.map { "udp://\($0)" }.joined(separator: " ")
                Console.error("The noise is ready: udp://\(proxy.address) -> \(targets) (seed \(seed))", as: .notice)
                await signals.end()
                task.cancel()
                await task.value
                LogOutput.standardOutput.write("\(await proxy.counts)")
            }
        }
    }

    private func proxy(
        at address: SocketAddress, to servers: [SocketAddress], seed: UInt64, on loop: EventLoop
    ) throws -> NoiseProxy {
        let common = bothWays.changing(NoiseSettings())
        let settings = BothWays(toServer: toServer.changing(common), toClient: toClient.changing(common))
        var limits = NoiseProxy.Limits()
        limits.clients = maxClients
        limits.idle = clientIdle
        limits.heldBytes = maxHeld
        let socket = try Exit.opening(.hostAndPort) { try DatagramSocket(boundTo: address) }
        let own = try socket.localAddress()
        for server in servers where try reachesItself(own, through: server) {
            throw ValidationError("--to \(server) is the noise's own address")
        }
        // A slow reader must not become part of the network.
        let print: @Sendable (NoiseEvent) -> Void = { LogOutput.standardOutput.write("\($0)") }
        return try NoiseProxy(
            socket: socket, servers: servers, seed: seed, settings: settings, limits: limits, on: loop,
            onEvent: verbose ? print : nil)
    }

    /// Whether a datagram to the server would come back here.
    private func reachesItself(_ own: SocketAddress, through server: SocketAddress) throws -> Bool {
        guard own.port == server.port else { return false }
        if own == server || server.isWildcard { return true }
        // To an address of this machine the kernel sends from that same address. An address without a route is not one
        // of this machine.
        guard own.isWildcard, let probe = try? DatagramSocket(connectedTo: server) else { return false }
        return try probe.localAddress().host == server.host
    }
}
