internal import HTTP

/// The paths of the gateway: its services, its health and metrics, and the files of its page.
struct RouteTable {
    /// The routes that are not files.
    private let routes: PathTable<Route>
    private let page: Page

    /// - `servesState`: whether it has the paths of health and metrics.
    init(services: ServiceTable, form: FormResource, lab: LabResource?, page: Page, servesState: Bool = true) {
        var routes: [String: Route] = [:]
        if servesState {
            routes["/healthz"] = Route(reading: .health)
            routes["/readyz"] = Route(reading: .readiness)
            routes["/metrics"] = Route(reading: .statistics)
            routes["/services"] = Route(reading: .services)
        }
        if let lab { routes["/lab"] = Route(reading: .lab(lab), replacing: lab) }
        if !services.routes.isEmpty { routes["/form"] = Route(posting: .form(form)) }
        for service in services.routes {
            let querying = service.service.get == nil ? nil : service
            routes[service.service.path] = Route(posting: .service(service), querying: querying)
        }
        // The page and its service share a path.
        if let index = page.file(at: [UInt8(ascii: "/")]) { routes["/", default: Route()].reading = .file(index) }
        self.routes = PathTable(routes.map { ($0, $1) })
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
        guard let name = Page.name(at: path), name.count == 1 || routes[name[...]] == nil else { return nil }
        return page.file(named: name)
    }
}
