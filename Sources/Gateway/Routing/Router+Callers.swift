internal import HTTP

/// Who may ask for what.
extension Router {
    /// The answer to a caller that may not ask for this; nil where there is nothing against it.
    @inline(never)
    func refuseCaller(_ request: Request) -> Response? {
        if let refusal = browserGuard.refuseName(request) { return refusal }
        // A browser asks beforehand without credentials (WHATWG Fetch 3.2.2).
        if crossOrigin.preflight(request) != nil { return nil }
        if let token, !isOpen(request), let refusal = token.refusal(of: request) { return refusal }
        return sends(request) ? browserGuard.refusePage(request) : nil
    }

    /// Whether the request would send a datagram: pages of other sites may read what its links lead to, and no more.
    private func sends(_ request: Request) -> Bool {
        switch request.head.method {
        case .post: return true
        case .get, .head:
            guard let route = table.route(at: request.path), let service = route.asking else { return false }
            return route.reading == nil || service.isAsked(request)
        default: return false
        }
    }

    /// Whether the request needs no token: it asks whether the gateway lives, or for a file, which is no secret.
    ///
    /// All else does, also what is not there: which paths are services is told to callers with the token.
    private func isOpen(_ request: Request) -> Bool {
        guard request.head.method == .get || request.head.method == .head, !sends(request) else { return false }
        switch table.route(at: request.path)?.reading {
        case .health, .readiness, .file, .folder: return true
        case .statistics, .services, .lab, nil: return false
        }
    }
}
