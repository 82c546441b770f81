internal import HTTP

/// The permissions of callers.
extension Router {
    /// The answer to a caller without permission for the request; nil where it may proceed.
    @inline(never)
    func refuseCaller(_ request: Request) -> Response? {
        if let refusal = browserGuard.refuseName(request) { return refusal }
        // A browser's preflight has no credentials (WHATWG Fetch 3.2.2).
        if crossOrigin.preflight(request) != nil { return nil }
        if let token, !isOpen(request), let refusal = token.refusal(of: request) {
            return present(refusal, at: table.route(at: request.path))
        }
        guard sends(request), let refusal = browserGuard.refusePage(request) else { return nil }
        return present(refusal, at: table.route(at: request.path))
    }

    /// The form that a refusal has at the route: browsers show what comes from that of forms.
    func present(_ refusal: Refusal, at route: Route?) -> Response {
        guard case .form(let form)? = route?.posting else { return refusal.problem }
        return form.present(refusal)
    }

    /// Whether the request would send a datagram: pages of other sites may follow links, and no more.
    private func sends(_ request: Request) -> Bool { request.head.method == .post || service(of: request) != nil }

    /// The service that the request is for, unless that is in the content of a form.
    func service(of request: Request) -> ServiceRoute? {
        guard let route = table.route(at: request.path) else { return nil }
        switch (request.head.method, route.posting) {
        case (.post, .service(let service)): return service
        case (.get, _), (.head, _):
            guard let service = route.querying else { return nil }
            return route.reading == nil || service.hasPayloadParameter(request) ? service : nil
        default: return nil
        }
    }

    /// Whether the request needs no token: those for health and for files, which are not secret.
    ///
    /// All others need it, also those for missing paths: only callers with the token may learn the services' paths.
    private func isOpen(_ request: Request) -> Bool {
        guard request.head.method == .get || request.head.method == .head, !sends(request) else { return false }
        switch table.route(at: request.path)?.reading {
        case .health, .question(.readiness), .file, .folder: return true
        case .question, .lab, nil: return false
        }
    }
}
