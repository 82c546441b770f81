internal import HTTP

/// The paths of the gateway: its services, its health and metrics, and the files of its page.
struct RouteTable {
    /// The routes that are not files.
    private let routes: [ArraySlice<UInt8>: Route]
    private let page: Page

    static let form = "/form"
    private static let health = "/healthz"
    private static let lab = "/lab"
    /// The gateway's own paths, which no service may have.
    static let ownPaths = Set([form, health, lab] + Question.allCases.map(\.rawValue))

    /// - `servesState`: whether it has the paths of health and metrics.
    init(services: ServiceTable, form: FormResource, lab: LabResource?, page: Page, servesState: Bool = true) {
        var routes: [ArraySlice<UInt8>: Route] = [:]
        if servesState {
            routes[Self.health.bytes] = Route(reading: .health)
            for question in Question.allCases { routes[question.rawValue.bytes] = Route(reading: .question(question)) }
        }
        if let lab { routes[Self.lab.bytes] = Route(reading: .lab(lab), replacing: lab) }
        if !services.routes.isEmpty { routes[Self.form.bytes] = Route(posting: .form(form)) }
        for service in services.routes {
            let querying = service.service.get == nil ? nil : service
            routes[service.service.path.bytes] = Route(posting: .service(service), querying: querying)
        }
        // The page and its service share a path.
        if let index = page.file(at: "/".bytes) { routes["/".bytes, default: Route()].reading = .file(index) }
        self.routes = routes
        self.page = page
    }

    /// The route of a path; nil where there is none.
    func route(at path: ArraySlice<UInt8>) -> Route? {
        if let route = routes[path] { return route }
        if let file = file(at: path) { return Route(reading: .file(file)) }
        return file(at: path + [UInt8(ascii: "/")]) == nil ? nil : Route(reading: .folder)
    }

    /// The file at a path; a route's path has none in any spelling, or such a file would bypass a proxy's rule for the
    /// route.
    private func file(at path: ArraySlice<UInt8>) -> StaticFile? {
        guard let name = Page.name(at: path), name.count == 1 || routes[name] == nil else { return nil }
        return page.file(named: name)
    }
}

/// A row of the table of routes: the handlers of a path.
struct Route {
    /// The resources of GET and HEAD.
    enum Reading {
        /// Whether the gateway is alive.
        case health
        case question(Question)
        /// The settings of the bad network.
        case lab(LabResource)
        case file(StaticFile)
        /// The path is a folder's, without the slash at its end.
        case folder
    }

    /// The receivers of a POST's content.
    enum Posting {
        case service(ServiceRoute)
        case form(FormResource)
    }

    var reading: Reading?
    var posting: Posting?
    /// The service of a GET whose query may have a payload.
    var querying: ServiceRoute?
    /// The settings that PUT replaces.
    var replacing: LabResource?

    /// The methods of the path, for the Allow field (RFC 9110 10.2.1).
    var methods: FieldValue {
        switch (takes(.get), posting != nil, replacing != nil) {
        case (true, true, _): FieldValue("GET, HEAD, POST, OPTIONS")
        case (true, false, true): FieldValue("GET, HEAD, PUT, OPTIONS")
        case (true, false, false): FieldValue("GET, HEAD, OPTIONS")
        case (false, _, _): FieldValue("POST, OPTIONS")
        }
    }

    func takes(_ method: Method) -> Bool {
        switch method {
        case .get, .head: reading != nil || querying != nil
        case .post: posting != nil
        case .put: replacing != nil
        case .options: true
        default: false
        }
    }
}

extension String {
    /// The text as a part of a request.
    var bytes: ArraySlice<UInt8> { Array(utf8)[...] }
}
