internal import ArgumentParser
internal import Gateway

/// Restrictions on the gateway's callers.
struct CallerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            An origin whose pages may use the gateway from a browser: they may send, and read the replies (CORS). May be \
            repeated. "*" allows all. Requests of other sites' pages that would send a datagram get 403.
            """, valueName: "origin"))
    var allowOrigin: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            A name by which browsers reach a gateway that listens on loopback, through a proxy or from the hosts file; may \
            be repeated. A browser's POST by any name but these and localhost gets 421.
            """, valueName: "host"))
    var allowHost: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            A file with a token that callers have to send (Authorization: Bearer); without it they get 401. It is for \
            everything but /healthz, /readyz and the page's files, also at --admin. A HUP reads it again.
            """, valueName: "file"), completion: .file())
    var tokenFile: String?

    func validate() throws {
        for origin in allowOrigin where origin != "*" && !CrossOrigin.isSerialized(origin) {
            throw ValidationError(
                """
                --allow-origin \(origin) is not an origin as browsers send it, such as https://example.org or \
                http://localhost:3000: in lower case, without a path and without the scheme's own port.
                """)
        }
        for host in allowHost where !BrowserGuard.isHost(host) {
            throw ValidationError(
                "--allow-host \(host) is not the name of a host, such as gateway.example: leave scheme and port out.")
        }
    }

    /// Copies the given flags into the settings.
    func enter(into settings: inout Configuration) {
        settings.crossOrigin = CrossOrigin(origins: allowOrigin)
        settings.allowedHosts = allowHost
    }
}
