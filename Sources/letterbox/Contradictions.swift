internal import CommandLineSupport
internal import Gateway
internal import System

/// Flags of the gateway of which one makes another one void.
extension GatewayCommand {
    /// The fault of a flag beside another one, and the remedy; nil where both hold.
    ///
    /// It is for flags that were given: a default yields in silence.
    func conflict(of flag: String) -> String? {
        if let reason = needlessness(of: flag) { return "has no effect here: \(reason). Leave it out." }
        switch flag {
        case "min-sockets" where datagrams.minSockets > datagrams.maxSockets:
            return """
                \(datagrams.minSockets) is above --max-sockets \(datagrams.maxSockets), which is never exceeded: lower it, or \
                raise the other.
                """
        case "max-request-line" where http.maxRequestLine > http.maxHead:
            return """
                \(http.maxRequestLine) is above --max-head \(http.maxHead), which has the request line in it: lower it, or raise \
                the other.
                """
        case "attempts" where (datagrams.attempts ?? 1) > 1 && !leavesTimeToSendAgain,
            "min-retransmit" where datagrams.attempts != 1 && !leavesTimeToSendAgain:
            return """
                has no effect: --min-retransmit \(datagrams.minRetransmit) is above --timeout \(datagrams.timeout), so that no \
                datagram is sent again. Change one of them.
                """
        case "access-log": return logConflict
        case "allow-origin" where callers.allowOrigin.contains("*") && callers.allowOrigin.count > 1:
            return "* allows every origin: leave the others out."
        default: return nil
        }
    }

    /// The reason why a flag has no effect beside the others; nil where it has one.
    private func needlessness(of flag: String) -> String? {
        switch flag {
        case "port" where addresses.host.hasPrefix(ListenTarget.prefix): "a socket at a path has no port"
        case "server-port" where !addresses.services.isEmpty:
            "it is the port of the embedded server, and there is none with --upstream or --service"
        case "probe-interval" where addresses.probeText == nil && !addresses.service.contains(where: \.hasProbeText):
            "nothing is sent without --probe-text"
        case "max-access-log" where logging.accessLog == .off: "there are no such lines"
        case "max-public-files" where page.public == nil, "max-public-depth" where page.public == nil,
            "max-public-bytes" where page.public == nil:
            "it is a limit on --public"
        case "allow-host" where !mayListenOnLoopback:
            "names are checked where the gateway listens on loopback only, and --host is \(addresses.host)"
        default: nil
        }
    }

    /// Whether a service's time is long enough for a second datagram.
    private var leavesTimeToSendAgain: Bool {
        let times = addresses.services.map { $0.time(within: datagrams.timeout) }
        return datagrams.minRetransmit <= times.max() ?? datagrams.timeout
    }

    private var logConflict: String? {
        let level = logging.logLevel
        switch logging.accessLog {
        case .all where level > .info:
            return "all needs --log-level info: with \(level) requests that did not fail have no line."
        case .failures where level > .warning:
            return "failures needs --log-level warning: with \(level) no request has a line."
        default: return nil
        }
    }

    /// Whether only this machine may reach the gateway; a name may stand for any address.
    private var mayListenOnLoopback: Bool {
        if addresses.host.hasPrefix(ListenTarget.prefix) { return false }
        return SocketAddress(addresses.host, port: 0)?.isLoopback ?? true
    }
}
