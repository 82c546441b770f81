internal import Ping
internal import ArgumentParser
internal import CommandLineSupport
internal import Datagrams
internal import EventLoop
internal import System

/// The tutorial's UDP pinger.
struct PingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ping",
        abstract: "Measures round trips to a UDP service that echoes or answers in capitals.",
        discussion: "Exit status: 0 when a reply came, 1 when none did, 2 when it cannot start, 64 wrong usage."
    )

    @Argument(host: "The server's name or address.")
    var host = "127.0.0.1"

    @Option(port: "The server's UDP port.", in: 1...UInt16.max)
    var port: UInt16 = 12000

    @Option(number: "How many probes are sent.", in: 1...1_000_000)
    var count = Pinger.Settings().count

    @Option(
        time: "How long after a probe the next follows; 0s: as soon as the one before is answered.",
        in: .zeroUntilAnHour)
    var interval = Pinger.Settings().interval

    @Option(
        number: "How long a probe is.", in: Pinger.Settings.minimumSize...DatagramSocket.maximumPayload, of: "bytes")
    var size = Pinger.Settings().size

    @Option(time: "How long a probe waits for its reply.", in: .untilAnHour)
    var timeout = Pinger.Settings().timeout

    @Flag(help: "Draw how the round trips are spread.")
    var histogram = false

    @OptionGroup var misplaced: MisplacedHost

    func run() throws {
        try Exit.starting {
            let addresses = try Resolver.resolve(Endpoint(host: host, port: port))
            SignalDescriptor.block()
            try Destinations.check(addresses, many: "give that of one")
            try EventLoop.run { loop in
                let signals = try Signals(on: loop)
                let report = try await ping(choose(addresses, on: loop), until: signals, on: loop)
                if histogram { Output.print("\(report.histogram)") }
                Output.print("\(report)")
                if report.received == 0 { throw Exit.failed }
            }
        }
    }

    /// The first of several addresses that replies to a trial; the first of all where none does.
    private func choose(_ addresses: [SocketAddress], on loop: EventLoop) async -> SocketAddress {
        guard addresses.count > 1 else { return addresses[0] }
        // A signal waits meanwhile, so this must be short.
        let time = min(timeout, .seconds(1)).nanoseconds * UInt64(addresses.count)
        var client = DatagramClient(servers: addresses, timeout: Interval(nanoseconds: time), attempts: 1)
        return (try? await client.exchange(Array("PING".utf8), on: loop).server) ?? addresses[0]
    }

    /// Runs until the end or a signal.
    private func ping(
        _ server: SocketAddress, until signals: sending Signals, on loop: EventLoop
    ) async throws -> PingerReport {
        Output.print("PING \(server) with \(size) bytes")
        let settings = self.settings
        let run = Task(executorPreference: loop) {
            var pinger = try Pinger(server: server, settings: settings, on: loop) { Output.print("\($0)") }
            return try await pinger.run()
        }
        Task(executorPreference: loop) {
            await signals.end()
            run.cancel()
        }
        return try await run.value
    }

    private var settings: Pinger.Settings {
        var settings = Pinger.Settings()
        settings.count = count
        settings.interval = interval
        settings.size = size
        settings.timeout = timeout
        return settings
    }
}
