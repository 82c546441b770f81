internal import ArgumentParser
internal import CommandLineSupport
internal import EventLoop
internal import Gateway
internal import System

/// The output of `--check`: all settings in force as a file for `--config`, with their results as comments.
enum SettingsReport {
    /// Looks up all names and reads the page; throws the first failure.
    static func make(of command: GatewayCommand, _ settings: Configuration) throws -> String {
        let described = command.addresses.services
        let names = ServiceNames(described)
        try EventLoop.run { loop in try await names.resolve() }
        for (service, addresses) in zip(described, names.addresses) { try service.check(addresses) }
        _ = try command.callers.tokenFile.map { try TokenFile(path: $0).read() }
        let listening = try command.addresses.tryListeners().http
        let page = try command.page.load()
        for service in described { try service.check(page) }
        var lines = FlagTable.lines(of: command).filter {
            $0.name != "check" && $0.name != "config" && command.conflict(of: $0.name) == nil
        }.map { SettingsLine($0.name, $0.value).text }
        // A path may have a line end, behind which the comment would be a setting.
        lines.append("# HTTP at \(String(showing: Array("\(listening)".utf8))), \(settings.summary)")
        for (service, addresses) in zip(described, names.addresses) {
            lines.append("# \(service.path) at \(addresses.map { "\($0)" }.joined(separator: " "))")
        }
        return lines.joined(separator: "\n")
    }
}

extension Configuration {
    /// The limits in force.
    var summary: String {
        """
        \(workers) \(workers == 1 ? "worker" : "workers"), at most \(maxConnections) connections, \(maxInFlight) exchanges, \
        \(maxSockets) UDP sockets, \(maxBuffered) bytes of requests in part
        """
    }
}
