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
        manager?.report(.reloading, on: loop)
        await perform()
        if !Task.isCancelled { manager?.report(.ready, on: loop) }
    }

    /// Performs a HUP: settings are checked before anything changes, and where they are wrong the token in force is read again
    /// all the same, for its file may have revoked one.
    private func perform() async {
        do {
            let command = try LayeredSettings.ofGateway().parseGateway()
            try check(command.addresses.services)
            let named = command.callers.tokenFile
            let token = try readToken(from: named)
            let next = try await prepare(command.addresses.services)
            guard !Task.isCancelled else { return }
            logPending(command)
            // A file that the settings no longer name may be gone: that is no fault of theirs.
            if named == nil { renewToken() } else { replaceToken(with: token) }
            if let next { await replaceServices(with: next) }
        } catch let failure as TokenFile.Failure {
            let isInForce = failure.path == tokenFile
            logger.error("\(failure); \(isInForce ? "the token and " : "")the services stay as they were")
            // The file in force may have revoked its token.
            if !isInForce { renewToken() }
        } catch {
            report(error)
            renewToken()
        }
        await refreshNames()
    }

    private func report(_ error: any Error) {
        var text = (error as? SettingsError)?.description ?? Letterbox.message(for: error)
        if text.hasSuffix(".") { text.removeLast() }
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

    // MARK: - The token

    private typealias Token = (path: String, bytes: [UInt8])

    /// Reads a token, where the gateway has asked for one since its start.
    private func readToken(from path: String?) throws(TokenFile.Failure) -> Token? {
        guard settings.token != nil, let path else { return nil }
        return (path, try TokenFile(path: path).read(waiting: false))
    }

    private func replaceToken(with next: Token?) {
        guard let next else { return }
        settings.token?.replace(with: next.bytes)
        tokenFile = next.path
        logger.notice("the token has been read again")
    }

    /// Reads the file of the token in force again.
    private func renewToken() {
        do { replaceToken(with: try readToken(from: tokenFile)) } catch { logger.error("\(error); the token stays") }
    }

    // MARK: - Services

    private typealias Services = (names: [UpstreamNames], services: [Service])

    private var described: [ServiceDescription] { names.map(\.description) }

    /// The services of the settings; nil where they are as they were.
    private func prepare(_ next: [ServiceDescription]) async throws -> Services? {
        guard next.map(\.description) != described.map(\.description) else { return nil }
        let nextNames = next.map { UpstreamNames($0, knowing: names) }
        await UpstreamNames.begin(nextNames, on: loop)
        // Meanwhile the names in force have been looked up, too.
        for next in nextNames { next.learn(from: names) }
        return (nextNames, try nextNames.map { try $0.service(settings) })
    }

    private func replaceServices(with next: Services) async {
        let changes = changes(to: next.names.map(\.description))
        names = next.names
        watch()
        await gateway.replaceServices(next.services)
        logger.notice("the services are read again: \(changes)")
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
