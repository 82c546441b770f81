internal import ArgumentParser
internal import CommandLineSupport
internal import Datagrams
internal import EventLoop
internal import Gateway
internal import Glibc
internal import Logging
internal import System

/// The HTTP gateway.
struct GatewayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway",
        abstract: "HTTP in front of a UDP service; the default.",
        discussion: """
            Without --upstream and --service it also starts the uppercase server and forwards to that. Times are given with their \
            unit: ns, us, ms, s or m.
            """
    )

    @OptionGroup(title: "Addresses") var addresses: AddressOptions
    @OptionGroup(title: "The UDP leg") var datagrams: DatagramOptions
    @OptionGroup(title: "Limits and times of HTTP") var http: HTTPOptions

    @OptionGroup(title: "Who may ask") var callers: CallerOptions

    @Option(
        number:
            """
            Event loops, each with a thread; they share the limits on connections, exchanges and sockets, at least 1 each.
            """, in: .threads, usual: "one per core that the process may keep busy")
    var workers: Int?

    @OptionGroup var log: VerboseFlag

    @OptionGroup(title: "The log") var logging: LogOptions

    @OptionGroup(title: "The page") var page: PageOptions

    @Option(
        help: ArgumentHelp(
            """
            Takes flags from a file, one a line, without hyphens; # begins a comment, and a value may stand between double \
            quotes. LETTERBOX_PORT and the like in the environment come before it, and flags before both.
            """, valueName: "file"), completion: .file())
    var config: String?

    @Flag(help: "Check the settings, look up names, print the settings in force, and end: with 0, or with 64.")
    var check = false

    /// The descriptors of one request, and those that the workers open once they run.
    private static let leastDescriptors = 4

    func validate() throws {
        if let length = addresses.probeText?.utf8.count, length > datagrams.maxDatagram {
            throw ValidationError(
                "--probe-text has \(length) bytes, and --max-datagram allows \(datagrams.maxDatagram).")
        }
        for service in addresses.services {
            try service.validate(
                maxDatagram: datagrams.maxDatagram, probeLength: addresses.probeText?.utf8.count,
                timeout: datagrams.timeout, minRetransmit: datagrams.minRetransmit)
        }
    }

    func run() throws {
        logging.apply()
        let descriptors = DescriptorLimit.raise()
        if check { return try report(makeConfiguration(descriptors: descriptors)) }
        // Here a signal still ends the wait for a pipe, or for a name server.
        let token = try Exit.starting { try callers.tokenFile.map { AccessToken(try TokenFile(path: $0).read()) } }
        try Exit.starting {
            let manager = ServiceManager.fromEnvironment()
            let listeners = try addresses.listeners(inheriting: try InheritedListeners.take())
            var settings = makeConfiguration(descriptors: descriptors, inheritsAdmin: listeners.admin != nil)
            settings.token = token
            SignalDescriptor.block()
            try EventLoop.run { [settings] loop in
                try await serve(settings, at: listeners.http, listeners.admin, manager, on: loop)
            }
        }
    }

    /// Starts everything, or nothing; then obeys signals until the end.
    private func serve(
        _ settings: Configuration, at http: ListenerOrigin, _ stateOrigin: ListenerOrigin?, _ manager: ServiceManager?,
        on loop: EventLoop
    ) async throws {
        let lifecycle = Lifecycle(on: loop)
        let page = try page.load()
        let names = try makeNames(beside: page)
        let listener = try http.listen(address: "--host", port: "--port")
        let address = listener.address
        let admin = try listenForState(at: stateOrigin, beside: address)
        let adminAddress = whereabouts(of: admin)
        var settings = settings
        settings.accessLog = try logging.makeAccessLog()
        await UpstreamNames.begin(names, on: loop)
        var services = try names.map { try $0.service(settings) }
        let embedded = services.isEmpty ? try EmbeddedServer(self, &settings, on: loop) : nil
        if let embedded { services = [embedded.service] }
        let gateway = try Gateway(
            listener: listener, admin: admin, services: services, page: page, configuration: settings,
            logger: Logger(label: "gateway"))
        guard DescriptorLimit.leavesRoom(for: Self.leastDescriptors) else { throw NoDescriptors() }
        let running = start(gateway, settings.accessLog, on: loop)
        // From the ready line on, a signal to end loses no request that has arrived.
        lifecycle.run()
        announce(address, adminAddress, services, names, settings)
        manager?.report(.ready, "Serving \(address.url)", on: loop)
        manager?.watch(gateway, on: loop)
        let reloading = lifecycle.performReloads(reportingTo: manager, on: loop) { [settings] in
            Reloading(self, settings, names, page, gateway, on: loop)
        }
        await lifecycle.end()
        await GracefulShutdown(
            gateway: gateway, running: running, reloading: reloading, settings: settings, lifecycle: lifecycle,
            manager: manager, loop: loop
        ).perform()
        await embedded?.stop()
        settings.accessLog?.finish()
    }

    /// The names of the services; throws where the page has a file at a service's path.
    private func makeNames(beside page: Page) throws -> [UpstreamNames] {
        for service in addresses.services { try service.check(page) }
        return addresses.services.map { UpstreamNames($0) }
    }

    /// Runs the gateway; a failure ends the program.
    private func start(_ gateway: Gateway, _ accessLog: AccessLog?, on loop: EventLoop) -> Task<Void, Never> {
        Task(executorPreference: loop) {
            do { try await gateway.run() } catch {
                Console.fatal("letterbox: \(error)", waiting: false)
                accessLog?.finish()
                Glibc.exit(1)
            }
        }
    }

    private func whereabouts(of listener: borrowing StreamListener?) -> ListenAddress? {
        switch listener {
        case .some(let listener): listener.address
        case .none: nil
        }
    }

    /// The socket for health and metrics; nil where they are on the first one.
    private func listenForState(
        at origin: ListenerOrigin?, beside http: ListenAddress
    ) throws -> StreamListener? {
        guard let origin else { return nil }
        if case .own(let admin) = origin { try AddressOptions.check(admin, beside: http) }
        return try origin.listen(address: "--admin", port: "--admin")
    }

    /// Prints the settings in force; an error that would prevent the start becomes one line.
    private func report(_ settings: Configuration) throws {
        do { Output.print(try SettingsReport.make(of: self, settings)) } catch {
            Console.fatal("letterbox: \(error)")
            throw ExitCode.validationFailure
        }
    }

    /// Prints the listening addresses and the services' addresses; the last line, with those of `/`, is for programs.
    private func announce(
        _ address: ListenAddress, _ admin: ListenAddress?, _ services: [Service], _ names: [UpstreamNames],
        _ settings: Configuration
    ) {
        if let admin { Console.error("Health and metrics are at \(admin.url)", as: .notice) }
        Console.error("The limits are \(settings.summary)", as: .notice)
        let whereabouts = services.map { (path: $0.path, targets: addressText(of: $0, names)) }
        for (path, targets) in whereabouts where path != "/" {
            Console.error("The service \(path) is at \(targets)", as: .notice)
        }
        let lab = settings.lab
        let targets = whereabouts.first { $0.path == "/" }.map { " -> " + $0.targets } ?? ""
        let past = lab.map { " (the lab, seed \($0.seed)) -> udp://\($0.server)" } ?? ""
        // The limit of descriptors may reduce the limits of the flags.
        let isLess = settings.maxConnections < http.maxConnections || settings.maxSockets < datagrams.maxSockets
        let limits =
            isLess && lab == nil
            ? " (ulimit -n leaves \(settings.maxConnections) connections, \(settings.maxSockets) UDP sockets)" : ""
        Console.error("The gateway is ready: \(address.url)\(targets)\(past)\(limits)", as: .notice)
    }

    /// A service's addresses for people; a name without an address appears as the name.
    private func addressText(of service: Service, _ names: [UpstreamNames]) -> String {
        let missing = names.first { $0.description.path == service.path }?.unresolved ?? []
        return (service.addresses.map { "udp://\($0)" } + missing.map { "\($0) (no address yet)" })
            .joined(separator: " ")
    }
}

/// The limit of descriptors leaves none for a request.
private struct NoDescriptors: Error, CustomStringConvertible {
    let description = """
        ulimit -n \(DescriptorLimit.current) leaves no descriptors for a connection and its UDP socket: raise it, or lower \
        --workers
        """
}
