internal import EventLoop
internal import HTTP
internal import System

/// The way of a complete request: a plain one goes straight to its service, any other where the router decides.
extension Connection {
    /// Serves a complete request, and drops it.
    func serve(_ request: Request) {
        deadline.clear()
        if case .reading(.unknown) = state { began = context.loop.now }
        state = .reading(.unknown)
        summary.keepsAlive = request.head.keepsAlive
        summary.asksToKeepAlive = request.head.asksToKeepAlive
        summary.method = request.head.method
        guard request.isPlain, summary.names == nil else { return answer(request) }
        if request.isForRoot, context.takesPlain {
            guard reader.contentLength(of: request) <= context.longestAtRoot else { return answer(request) }
            return sendOn(request)
        }
        if let service = plainService(of: request) { return sendOn(request, to: service) }
        answer(request)
    }

    /// The service that gets a plain request's content without further checks; nil where the router decides.
    private func plainService(of request: Request) -> ServiceRoute? {
        let router = context.router
        if let route = request.cachedRoute, route.router === router { return route.service }
        reader.fill(request)
        let service = router.plainService(at: request.path)
        request.cachedRoute = Request.CachedRoute(router: router, service: service)
        return service
    }

    /// Sends the content on to the service at `/`, without further checks.
    @inline(__always)
    func sendOn(_ request: Request) {
        let failure = reader.withContent(of: request) { content in
            summary.received = content.count
            return context.begin(content, for: self)
        }
        reader.finish(request)
        if let failure { return answer(to: failure, nil) }
        state = .exchanging
    }

    /// Sends the content on to a service at another path, if it fits.
    @inline(never)
    private func sendOn(_ request: Request, to service: ServiceRoute) {
        let length = reader.contentLength(of: request)
        guard length <= service.longestDatagram else { return answer(request) }
        summary.received = length
        let failure = reader.withContent(of: request) { service.upstream.begin($0, for: self) }
        reader.finish(request)
        if let failure { return answer(to: failure, ReplyOptions(.bytes(mirroring: nil), route: service)) }
        self.service = service
        state = .exchanging
    }

    /// Carries out the router's decision.
    @inline(never)
    func answer(_ request: Request) {
        reader.fill(request)
        if context.isForOtherOrigins || request.isNamed || summary.names != nil { prepareFields(for: request) }
        switch context.route(request) {
        case .response(let response):
            note(response, to: request)
            reader.finish(request)
            answer(with: response)
        case .question(let question):
            reader.finish(request)
            if let response = context.response(to: question) {
                note(response, to: question)
                return answer(with: response)
            }
            state = .asking(question)
            context.ask(question, for: self)
        case .dispatch(let payload, let options): dispatch(payload, options, of: request)
        case .collection(let payload, let options): collect(payload, options, of: request)
        case .exchange(let payload, let options):
            summary.received = payload.count
            let failure = context.begin(payload.span, options, for: self)
            reader.finish(request)
            if let failure { return answer(to: failure, options) }
            if options != nil { self.options = options }
            state = .exchanging
        }
    }
}
