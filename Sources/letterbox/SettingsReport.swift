internal import ArgumentParser
internal import CommandLineSupport
internal import EventLoop
internal import Gateway
internal import System

/// The output of `--check`: all settings in force as a file for `--config`, with their results as comments.
enum SettingsReport {
    /// Looks up all names and reads the page; throws the first failure.
    static func make(of command: GatewayCommand, _ settings: Configuration) throws -> String {
        let names = command.addresses.services.map { UpstreamNames($0) }
        try EventLoop.run { loop in try await UpstreamNames.resolve(names, on: loop) }
        for names in names { _ = try names.service(settings) }
        _ = try command.callers.tokenFile.map { try TokenFile(path: $0).read() }
        let listening = try command.addresses.tryListeners().http
        let server = try command.addresses.tryServer()
        let page = try command.page.load()
        for names in names { try names.description.check(page) }
        var lines = FlagTable.lines(of: command).filter {
            $0.name != "check" && $0.name != "config" && command.conflict(of: $0.name) == nil
        }.map { SettingsLine($0.name, $0.value).text }
        // A path may have a line end, behind which the comment would be a setting.
        lines.append("# HTTP at \(String(showing: Array("\(listening)".utf8))), \(settings.summary)")
        if let server {
            lines.append("# / at \(server.address), the embedded server\(server.isTaken ? "; the port is in use" : "")")
        }
        lines += names.map { "# \($0.description.path) at \($0.addresses.map { "\($0)" }.joined(separator: " "))" }
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
