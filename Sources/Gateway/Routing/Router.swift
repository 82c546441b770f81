internal import HTTP
internal import System

/// The router's decision about a request.
enum Decision {
    /// The request has its response.
    case response(Response)
    /// This payload goes to the UDP service; the options are nil where the plain reply is the response.
    case send(ArraySlice<UInt8>, ReplyOptions?)
    /// The gateway's own state: the worker has it, or asks the others.
    case question(Question)
}

/// A question about the gateway's state, and its path.
enum Question: String, CaseIterable {
    /// The counts of all workers.
    case statistics = "/metrics"
    /// Whether the gateway is ready for new requests.
    case readiness = "/readyz"
    /// The list of services.
    case services = "/services"
}

/// Decides about requests by the table of routes.
final class Router {
    let services: ServiceTable
    let crossOrigin: CrossOrigin
    /// The callers' token, if there is one.
    let token: AccessToken?
    let browserGuard: BrowserGuard
    let table: RouteTable
    /// The service at `/`, which nearly all requests are for, if it takes any posted content.
    private let plainRoot: ServiceRoute?
    /// Whether the content of a plain request goes straight to the service: ``Request/isPlain``.
    let takesPlain: Bool
    /// The length of the longest datagram that any service takes.
    let longestDatagram: Int

    /// - `configuration`: the settings of the service at `/`.
    init(configuration: Configuration, page: Page, services: ServiceTable) {
        self.services = services
        crossOrigin = configuration.crossOrigin
        browserGuard = BrowserGuard(configuration)
        token = configuration.token
        plainRoot = services.root.flatMap { $0.isSimple ? $0 : nil }
        takesPlain = plainRoot != nil && token == nil && !crossOrigin.isOn
        longestDatagram = services.longestDatagram ?? configuration.maxDatagram
        table = RouteTable(
            services: services, form: FormResource(page: page, services: services, maxDatagram: longestDatagram),
            lab: configuration.lab.map(LabResource.init), page: page,
            servesState: configuration.stateListener != .elsewhere)
    }

    /// The service that gets the content of plain requests for a path straight away; nil where there is none.
    func plainService(at path: ArraySlice<UInt8>) -> ServiceRoute? {
        guard token == nil, !crossOrigin.isOn, let service = services.route(at: path) else { return nil }
        return service.isSimple ? service : nil
    }

    /// Decides about a complete request.
    func route(_ request: Request) -> Decision {
        if needsCheck(request), let refusal = refuseCaller(request) { return .response(refusal) }
        if let plainRoot, isPlainPost(request), request.body.count <= plainRoot.longestDatagram {
            return request.mayShapeReply ? plainRoot.decide(request.body, of: request) : .send(request.body, nil)
        }
        if let preflight = crossOrigin.preflight(request) { return .response(preflight) }
        let route = table.route(at: request.path)
        if let refusal = refusal(of: request, at: route) { return .response(refusal) }
        if request.head.method == .options { return .response(permit(request, at: route)) }
        guard let route else { return .response(refuseMissing()) }
        if let service = route.querying, request.head.method != .post,
            route.reading == nil || service.hasPayloadParameter(request)
        {
            return service.forwardQuery(of: request)
        }
        switch (request.head.method, route.posting, route.reading) {
        case (.post, .service(let service), _): return service.forward(request)
        case (.post, .form(let form), _): return form.forward(request)
        case (.get, _, let reading?), (.head, _, let reading?): return read(reading, request)
        default: return .response(route.replacing?.replace(request) ?? refuseMissing())
        }
    }

    /// The refusal that a request's head alone determines (RFC 9110 10.1.1); nil where the content counts, and where it
    /// may come and has no say.
    func judgeHead(of request: Request) -> Response? {
        switch request.head.method {
        case .get, .head, .options:
            guard case .response(let response) = route(request), response.status.code >= 400 else { return nil }
            return response
        default:
            if needsCheck(request), let refusal = refuseCaller(request) { return refusal }
            let route = table.route(at: request.path)
            return refusal(of: request, at: route) ?? refuseLength(of: request, at: route)
        }
    }

    /// Refuses the announced length of a payload that fits in no datagram of its service.
    private func refuseLength(of request: Request, at route: Route?) -> Response? {
        guard case .length(let length) = request.head.framing, case .service(let service)? = route?.posting else {
            return nil
        }
        let isEncoded = PayloadQuery(request.query).notation != nil
        return length > (isEncoded ? service.longestEncoded : service.longestDatagram) ? service.refuseContent() : nil
    }

    private func refusal(of request: Request, at route: Route?) -> Response? {
        if request.isCoded { return present(Self.refuseCoding(), at: route) }
        if request.head.method == .options { return nil }
        if request.head.method == .unknown {
            let sentence = "This server does not know the request method."
            return present(Refusal(.notImplemented, sentence, error: .requestError), at: route)
        }
        guard let route else { return refuseMissing() }
        guard route.takes(request.head.method) else { return present(Self.refuseMethod(route), at: route) }
        if request.head.method == .put { return route.replacing?.refusal(of: request) }
        guard request.head.method == .post else { return nil }
        switch route.posting {
        case .service(let service): return service.refusal(of: request)
        case .form(let form): return form.refusal(of: request)
        case nil: return nil
        }
    }

    /// Whether the request's origin and credentials need a check.
    @inline(__always)
    private func needsCheck(_ request: Request) -> Bool { token != nil || request.isFromBrowser }

    /// Whether the content is to be sent to the service at `/` unchanged.
    @inline(__always)
    private func isPlainPost(_ request: Request) -> Bool {
        // A path begins with a slash, so that a path of a single byte is "/".
        request.parser.head.method == .post && request.parser.head.path.range.count == 1
            && request.parser.head.query == nil
            && !request.isCoded && !request.isMultipart
    }

    // MARK: - The length of the content

    /// The kind of a path's content: a form, and a payload in a notation, may be longer than the payload itself.
    func contentKind(_ method: Method, _ path: ArraySlice<UInt8>, query: ArraySlice<UInt8>) -> ContentKind {
        guard method == .post, path.count > 1 || !query.isEmpty else { return .payload }
        switch table.route(at: path)?.posting {
        case .form: return .form
        // Also without a service there: only callers with the token may learn the services' paths.
        case .service, nil: return PayloadQuery(query).notation == nil ? .payload : .encoded
        }
    }

    /// Answers content that was not read, because it is longer than its route accepts; the start of the next message is
    /// unknown.
    ///
    /// - `knowsCaller`: whether its head was read to the end; otherwise the fields behind the length, such as the token,
    ///   are unknown.
    func refuseContent(of request: Request, knowsCaller: Bool) -> Response {
        switch table.route(at: request.path)?.posting {
        case .form(let form): form.refuseContent()
        case .service(let service) where knowsCaller || token == nil: service.refuseContent()
        case .service, nil: Problem.response(.requestTooLong(limit: longestDatagram), service: "")
        }
    }

    // MARK: - What is read

    private func read(_ reading: Route.Reading, _ request: Request) -> Decision {
        switch reading {
        case .file(let file): return .response(file.respond(to: request, now: WallClock.unixSeconds()))
        case .folder: return .response(Self.redirectToFolder(request))
        // Conditions count only where the response without them were a success (RFC 9110 13.2.1), which a worker may know of
        // itself.
        case .question(.readiness): return .question(.readiness)
        case .question(let question):
            return Precondition.refusal(of: request).map { .response($0) } ?? .question(question)
        case .lab(let lab): return .response(Precondition.refusal(of: request) ?? lab.read())
        case .health:
            return .response(Precondition.refusal(of: request) ?? .current(MediaType.plainText, "ok\n".utf8))
        }
    }

    /// Redirects a browser to the folder's path with a slash, so that relative links of its page work (RFC 3986 5.2.3).
    private static func redirectToFolder(_ request: Request) -> Response {
        var response = Response(.permanentRedirect)
        // A reference without scheme and authority is right behind a proxy, too (RFC 9110 10.2.2).
        var reference = request.path + [UInt8(ascii: "/")]
        if let query = request.head.query { reference += [UInt8(ascii: "?")] + request.bytes(query.range) }
        response.fields.add(.location, validating: reference)
        response.fields.add(.cacheControl, FieldValue("no-cache"))
        return response
    }

    // MARK: - What is not there

    /// Answers OPTIONS with the methods of the path, or of the server as a whole (RFC 9110 9.3.7).
    private func permit(_ request: Request, at route: Route?) -> Response {
        var methods = route?.methods
        if case .asterisk = request.head.targetForm { methods = FieldValue("GET, HEAD, POST, OPTIONS") }
        guard let methods else { return Problem.response(.notFound, "There is nothing at this path.") }
        var response = Response(.noContent)
        response.fields.add(.allow, methods)
        return response
    }

    private func refuseMissing() -> Response {
        let advice = services.root == nil ? "" : " POST text to \"/\"."
        return Problem.response(.notFound, "There is nothing at this path.\(advice)")
    }

    private static func refuseMethod(_ route: Route) -> Refusal {
        var refusal = Refusal(.methodNotAllowed, "This path does not take the request's method; see Allow.")
        refusal.fields.add(.allow, route.methods)
        return refusal
    }

    /// Refuses coded content: it would go into the datagram unchanged, and no service expects that (RFC 9110 15.5.16,
    /// 12.5.3).
    private static func refuseCoding() -> Refusal {
        var refusal = Refusal(.unsupportedMediaType, "The content must come without a Content-Encoding.")
        refusal.fields.add(FieldName("Accept-Encoding"), FieldValue("identity"))
        return refusal
    }
}
