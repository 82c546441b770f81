internal import HTTP
internal import System

extension Page {
    /// The page with values for its scripts, which are the content of the `meta` elements of "index.html".
    ///
    /// A script that fetched them from a missing path would leave an error in the browser's console. A file that changes
    /// by them gets the present time; one that is not UTF-8 has no place for them, and stays unchanged.
    func withValues(of services: [Service], _ configuration: Configuration, now: Int64) -> Page {
        let values = Self.values(of: services, configuration)
        return Page(
            sources.map { source in
                guard source.name == "index.html", source.bytes.span.isUTF8 else { return source }
                var html = String(decoding: source.bytes, as: UTF8.self)
                for (name, content) in values { Self.fill("letterbox-\(name)", content, in: &html) }
                Self.fillChooser(services.map(\.path), configuration, in: &html)
                let bytes = Array(html.utf8)
                return bytes == source.bytes ? source : Source(name: source.name, bytes: bytes, modified: now)
            })
    }

    /// The values by name; an empty one means no.
    private static func values(of services: [Service], _ configuration: Configuration) -> [(String, String)] {
        let root = services.first { $0.path == "/" }
        return [
            ("udp", root.map { address(of: $0, configuration) } ?? ""),
            ("max-datagram", "\((root?.configuration ?? configuration).maxDatagram)"),
            // The most attempts.
            ("lab", configuration.lab.map { _ in "\(configuration.attempts)" } ?? ""),
            ("version", Version.current),
            // The page posts an example to the gateway's own service, unless that would be refused.
            ("embedded", configuration.isEmbedded && configuration.token == nil ? "yes" : ""),
            ("services", list(of: services, configuration)),
            ("token", configuration.token == nil ? "" : "yes"),
            ("admin", configuration.stateListener == .elsewhere ? "yes" : ""),
        ]
    }

    /// The services to choose from, each as path, longest datagram and address: empty if there is one at "/" alone.
    ///
    /// The page's files need no token, and the list of services does: there the page has to ask for it.
    private static func list(of services: [Service], _ configuration: Configuration) -> String {
        guard services.contains(where: { $0.path != "/" }) else { return "" }
        guard configuration.token == nil else { return "ask" }
        return services.map {
            "\($0.path) \($0.configuration.maxDatagram) \(address(of: $0, configuration))"
        }.joined(separator: ", ")
    }

    /// Host and port of a service, to which a terminal's datagrams go straight; empty where callers must not see them.
    private static func address(of service: Service, _ configuration: Configuration) -> String {
        let beyondLab = service.path == "/" ? configuration.lab?.server : nil
        guard let address = beyondLab ?? service.addresses.first, configuration.shows(address) else { return "" }
        return "\(address.host) \(address.port)"
    }

    /// Replaces the content of a `meta` element; a page without it stays unchanged.
    private static func fill(_ name: String, _ value: String, in html: inout String) {
        guard let start = html.firstRange(of: "<meta name=\"\(name)\" content=\""),
            let end = html[start.upperBound...].firstIndex(of: "\"")
        else { return }
        html.replaceSubrange(start.upperBound..<end, with: FormTemplate.escaped(value))
    }

    /// Writes the choice between the services where a visitor without JavaScript sees it; a page without the place for it,
    /// or with a single service at "/", stays unchanged, and so does one whose visitors need a token, which a form
    /// cannot send.
    private static func fillChooser(_ paths: [String], _ configuration: Configuration, in html: inout String) {
        guard configuration.token == nil, paths.contains(where: { $0 != "/" }),
            let place = html.firstRange(of: "<!-- The services -->")
        else { return }
        let options = paths.map { "<option>\(FormTemplate.escaped($0))</option>" }.joined()
        html.replaceSubrange(
            place,
            with: """
                <div class="target"><label for="to">To the service at</label> <select id="to" name="to">\(options)</select></div>
                """)
    }
}
