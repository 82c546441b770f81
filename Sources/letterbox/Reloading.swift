internal import ArgumentParser
internal import CommandLineSupport
internal import EventLoop
internal import Gateway
internal import Logging
internal import System

/// The effects of a HUP: it looks names up, reads the token and the settings again, and updates the services.
///
/// Other changed settings wait for a restart, and the log says so.
final class Reloading {
    /// The settings of the gateway's start.
    private let started: GatewayCommand
    /// The file of the token in force, which is read again also where the settings no longer name it.
    private var tokenFile: String?
    private let settings: Configuration
    private let page: Page
    private let gateway: Gateway
    private let loop: EventLoop
    /// The services in force.
    private var names: [UpstreamNames]
    private var watches: [Task<Void, Never>] = []
    private let logger = Logger(label: "settings")

    /// The settings that may change while the gateway runs.
    private static let movable: Set<String> = ["service", "upstream", "token-file"]

    init(
        _ command: GatewayCommand, _ settings: Configuration, _ names: [UpstreamNames], _ page: Page,
        _ gateway: Gateway, on loop: EventLoop
    ) {
        (started, self.settings, self.names, self.page) = (command, settings, names, page)
        (self.gateway, self.loop) = (gateway, loop)
        tokenFile = command.callers.tokenFile
        watch()
    }

    /// Performs a HUP and tells the service manager; a gateway that ends meanwhile changes nothing.
    func perform(reportingTo manager: ServiceManager?) async {
        manager?.notify(.reloading)
        await perform()
        if !Task.isCancelled { manager?.notify(.ready) }
    }

    /// Performs a HUP; invalid settings change nothing.
    private func perform() async {
        let command: GatewayCommand
        do {
            command = try LayeredSettings.ofGateway().parseGateway()
            try check(command.addresses.services)
        } catch {
            report(error)
            renewToken()
            return await refreshNames()
        }
        renewToken(from: command.callers.tokenFile)
        logPending(command)
        do { try await replaceServices(with: command.addresses.services) } catch {
            report(error)
            await refreshNames()
        }
    }

    private func report(_ error: any Error) {
        let text = (error as? SettingsError)?.description ?? Letterbox.message(for: error)
        logger.error("\(text); the services stay as they were")
    }

    /// Looks the names of each service up again at intervals; one service's names do not wait for another's.
    private func watch() {
        for watch in watches { watch.cancel() }
        let (gateway, interval, loop) = (gateway, started.addresses.resolveInterval, loop)
        watches = names.map { names in
            Task(executorPreference: loop) { await names.watch(for: gateway, every: interval, on: loop) }
        }
    }

    private func refreshNames() async { await UpstreamNames.refresh(names, for: gateway, on: loop) }

    /// Reads the token from the file that the settings name, or else from that of the token in force.
    private func renewToken(from named: String? = nil) {
        guard let token = settings.token, let path = named ?? tokenFile else { return }
        if TokenFile(path: path).renew(token, logger) { tokenFile = path }
    }

    // MARK: - Services

    private var described: [ServiceDescription] { names.map(\.description) }

    private func replaceServices(with next: [ServiceDescription]) async throws {
        guard next.map(\.description) != described.map(\.description) else { return await refreshNames() }
        let nextNames = next.map { UpstreamNames($0, knowing: names) }
        await UpstreamNames.begin(nextNames, on: loop)
        guard !Task.isCancelled else { return }
        let services = try nextNames.map { try $0.service(settings) }
        let changes = changes(to: next)
        names = nextNames
        watch()
        await gateway.replaceServices(services)
        logger.notice("the services are read again: \(changes)")
        await refreshNames()
    }

    /// Checks the rules that need no look-up.
    private func check(_ services: [ServiceDescription]) throws {
        guard services.isEmpty == described.isEmpty else {
            throw SettingsError("the embedded server comes and goes at a restart only")
        }
        for service in services {
            try checkLimits(of: service)
            try service.check(page)
        }
    }

    /// Compares a service's limits with the flags in force, which may differ from those of the file.
    private func checkLimits(of service: ServiceDescription) throws {
        do {
            try service.validate(
                maxDatagram: settings.maxDatagram, probeLength: settings.probe?.count, timeout: settings.timeout,
                minRetransmit: settings.minRetransmit)
        } catch {
            throw SettingsError("\(error) (the flags of the start are in force until a restart)")
        }
    }

    private func changes(to next: [ServiceDescription]) -> String {
        let old = Dictionary(uniqueKeysWithValues: described.map { ($0.path, $0.description) })
        let new = Dictionary(uniqueKeysWithValues: next.map { ($0.path, $0.description) })
        let lists = [
            ("added", next.map(\.path).filter { old[$0] == nil }),
            ("changed", next.filter { old[$0.path] != nil && old[$0.path] != $0.description }.map(\.path)),
            ("removed", described.map(\.path).filter { new[$0] == nil }),
        ]
        let changes = lists.filter { !$1.isEmpty }.map { "\($1.joined(separator: " ")) \($0)" }
        return changes.isEmpty ? "in another order" : changes.joined(separator: ", ")
    }

    /// Logs the changed settings that wait for a restart.
    private func logPending(_ command: GatewayCommand) {
        func values(_ command: GatewayCommand) -> [String: [String?]] {
            Dictionary(grouping: FlagTable.lines(of: command), by: \.name).mapValues { $0.map(\.value) }
        }
        let (before, after) = (values(started), values(command))
        var names = Set(before.keys).union(after.keys).filter { before[$0] != after[$0] && !Self.movable.contains($0) }
        if (before["token-file"] == nil) != (after["token-file"] == nil) { names.insert("token-file") }
        guard !names.isEmpty else { return }
        logger.warning(
            "these settings have changed, and hold from a restart on: \(names.sorted().joined(separator: ", "))")
    }
}
