internal import ArgumentParser
internal import CommandLineSupport
internal import Datagrams
internal import Doctor
internal import EventLoop
internal import Gateway
internal import Synchronization
internal import System

/// Checks the machine, the names and the routes of a gateway with the same flags.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Checks whether this machine has what the gateway's flags need.",
        usage: "letterbox doctor [<flags of letterbox gateway> ...] [--json]",
        discussion: """
            Give it the gateway's flags, or --config FILE; it starts nothing and changes nothing. A line for each thing: ok, \
            warn (may fail under load) or bad (fails), with the command that mends it or shows more. A datagram is sent only to \
            services that have a probe text: unknown bytes may harm others.

            Run it where the gateway runs, as its user and in its container: limits and quotas are those of the process.

            Exit status: 0 nothing is bad, 1 something is, 64 wrong usage.
            """
    )

    @Flag(help: "Print one JSON document in place of the lines; its members are in docs/operating.md.")
    var json = false

    /// The gateway of the check: the other words after `doctor` are its flags.
    private var gateway = GatewayCommand()

    /// The argument parser reads none of the gateway's.
    private enum CodingKeys: CodingKey { case json }

    init() {}

    init(about gateway: GatewayCommand, isJSON: Bool) {
        json = isJSON
        self.gateway = gateway
    }

    /// The gateway's flags among the words after `doctor`, and whether the output is to be JSON.
    static func split(_ words: [String]) throws(SettingsError) -> (words: [String], isJSON: Bool) {
        let table = FlagTable(of: DoctorCommand.self)
        let settings = Setting.fromCommandLine(words, table)
        try Setting.checkRepetitions(settings, table)
        let own = settings.first { $0.name == "json" }
        if let value = own?.value {
            throw SettingsError("The option '--json' does not take any value, but '\(value)' was specified.")
        }
        return (settings.filter { $0.name != "json" }.flatMap(\.words), own?.words.isEmpty == false)
    }

    func run() throws {
        if gateway.check { throw ValidationError("--check is the gateway's; doctor starts nothing: leave it out.") }
        let settings = gateway.makeConfiguration(descriptors: DescriptorLimit.raise())
        let services = ServiceExamination(services: gateway.addresses.services, settings: settings)
        let machine = KernelCheck.allFindings(KernelFiles(), demand(settings))
        let drain = Finding.drain(timeout: longestExchange(settings), drainTimeout: settings.drainTimeout)
        let report = Report(machine + [drain] + gateway.startFindings() + services.findings())
        Output.print(json ? report.json(version: Version.current) : report.text)
        if report.hasFailed { throw Exit.failed }
    }

    /// The resources that the flags ask for, before the limit of descriptors reduces them.
    private func demand(_ settings: Configuration) -> Demand {
        var demand = Demand()
        demand.connections = gateway.http.maxConnections
        demand.sockets = gateway.datagrams.maxSockets
        demand.otherDescriptors = gateway.ownDescriptors(workers: settings.workers)
        demand.minSockets = settings.minSockets
        demand.workers = settings.workers
        demand.maxDatagram = settings.maxDatagram
        demand.timeout = longestWait(settings)
        return demand
    }

    /// The longest wait of a service for a reply.
    private func longestWait(_ settings: Configuration) -> Interval {
        longest(settings) { $0.replies.count == .none ? nil : $0.replies.wait ?? $0.configuration.timeout }
            ?? .seconds(0)
    }

    /// The longest exchange with one reply; nil where no service has such.
    private func longestExchange(_ settings: Configuration) -> Interval? {
        longest(settings) { $0.replies.isSingle ? $0.configuration.timeout : nil }
    }

    /// The longest time of the services that have one; that of the embedded server where no service is named.
    private func longest(_ settings: Configuration, _ time: (Service) -> Interval?) -> Interval? {
        let services = gateway.addresses.services.map { $0.service(at: [], settings) }
        return services.isEmpty ? settings.timeout : services.compactMap(time).max()
    }
}

/// Checks the services' names, routes and replies.
private struct ServiceExamination {
    let services: [ServiceDescription]
    let settings: Configuration

    func findings() -> [Finding] {
        let lookUps = lookUpNames()
        return services.flatMap { examine($0, lookUps) }
    }

    private typealias LookUp = (Result<[SocketAddress], any Error>, Interval)

    /// Looks all names up at the same time, and measures each.
    private func lookUpNames() -> [Endpoint: LookUp] {
        let endpoints = services.flatMap(\.endpoints)
        let found = Mutex<[Endpoint: LookUp]>([:])
        do {
            try EventLoop.run { loop in
                let lookUps = endpoints.map { endpoint in
                    Task(executorPreference: loop) { await Self.lookUp(endpoint, on: loop) }
                }
                for (endpoint, lookUp) in zip(endpoints, lookUps) {
                    let outcome = await lookUp.value
                    found.withLock { $0[endpoint] = outcome }
                }
            }
        } catch {
            found.withLock { for endpoint in endpoints { $0[endpoint] = (.failure(error), .seconds(0)) } }
        }
        return found.withLock { $0 }
    }

    private static func lookUp(_ endpoint: Endpoint, on loop: EventLoop) async -> LookUp {
        let start = MonotonicTime.now()
        let result: Result<[SocketAddress], any Error>
        do { result = .success(try await endpoint.lookUp(within: nil, on: loop)) } catch { result = .failure(error) }
        return (result, MonotonicTime.now().since(start))
    }

    private func examine(_ described: ServiceDescription, _ lookUps: [Endpoint: LookUp]) -> [Finding] {
        var findings: [Finding] = []
        var addresses: [SocketAddress] = []
        for endpoint in described.endpoints {
            guard let (found, time) = lookUps[endpoint] else { continue }
            addresses += (try? found.get()) ?? []
            // An address needs no look-up.
            if endpoint.literal == nil { findings.append(.name(endpoint, found, after: time)) }
        }
        do { try described.check(addresses) } catch {
            findings.append(.bad("service", "\(error)", remedy: "letterbox --service \(described.path) ..."))
        }
        let service = described.service(at: addresses, settings)
        for address in addresses where !address.isForMany {
            let route = Result { () throws(SystemError) -> Route in
                guard service.replies.allowsMany else { return try Route(to: address) }
                return try Route(towards: address, interface: service.replies.interface)
            }
            findings.append(.route(address, route, maxDatagram: service.configuration.maxDatagram))
        }
        guard let probe = service.configuration.probe else { return findings + [.unasked(described.path)] }
        return findings + addresses.map { self.probe($0, with: probe, timeout: service.configuration.timeout) }
    }

    private func probe(_ address: SocketAddress, with text: [UInt8], timeout: Interval) -> Finding {
        let start = MonotonicTime.now()
        var failure: String?
        do {
            try EventLoop.run { loop in
                var client = DatagramClient(servers: [address], timeout: timeout, attempts: 1)
                _ = try await client.exchange(text, on: loop)
            }
        } catch { failure = "\(error)" }
        return .probe(address, failure, after: MonotonicTime.now().since(start))
    }
}
