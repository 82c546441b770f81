internal import EventLoop
internal import HTTP
internal import System

/// What becomes of a request.
enum Decision {
    /// It is answered.
    case response(Response)
    /// This payload goes to the UDP service; the options are nil where the plain reply is the response.
    case exchange(ArraySlice<UInt8>, ReplyOptions?)
    /// The figures of all workers are the response: they are asked first.
    case statistics
    /// The worker says whether new requests should come here.
    case readiness
}

/// Which request gets which answer: the table of routes.
final class Router {
    private let configuration: Configuration
    private let page: Page
    let services: ServiceTable
    /// Whether there is a service at `/`.
    private let hasRoot: Bool
    /// The media type of its replies, where the operator names one.
    private let rootType: FieldValue?
    let crossOrigin: CrossOrigin
    /// Whether any page of another origin may use the gateway.
    let isForOtherOrigins: Bool
    /// Nil where there is no lab: then there is nothing at its path.
    private let lab: LabResource?

    /// - `configuration`: the settings of the service at `/`.
    init(configuration: Configuration, page: Page, services: ServiceTable) {
        self.configuration = configuration
        self.page = page
        self.services = services
        hasRoot = services.root != nil
        rootType = services.root?.service.type
        crossOrigin = configuration.crossOrigin
        isForOtherOrigins = configuration.crossOrigin.isOn
        lab = configuration.lab.map(LabResource.init)
    }

    /// Decides what becomes of a request that is complete.
    func route(_ request: Request) -> Decision {
        if isLetter(request) { return .exchange(request.body, options(request)) }
        if let preflight = crossOrigin.preflight(request) { return .response(preflight) }
        if let refusal = refusal(of: request) { return .response(refusal) }
        return switch request.head.method {
        case .post: services.other(at: request.path).map { forward(request, to: $0) } ?? forwardForm(request)
        case .put: .response(replace(request))
        case .options: .response(Self.permit(methods(at: request), .noContent))
        default: read(request)
        }
    }

    /// What a request gets whatever its content is: its head decides (RFC 9110 10.1.1); nil where the content counts.
    func refusal(of request: Request) -> Response? {
        if Self.isCoded(request) { return Self.refuseCoding() }
        switch request.head.method {
        case .post:
            if isService(request.path) { return Self.isMultipart(request) ? Self.refuseParts() : nil }
            guard hasRoot, request.path.isEqual(to: "/form") else { return refuse(request) }
            return Self.isForm(request) || Self.isMultipart(request) ? nil : Self.refuseType()
        case .put: return lab != nil && request.path.isEqual(to: "/lab") ? nil : refuse(request)
        case .get, .head, .options: return nil
        case .unknown: return Problem.response(.notImplemented, "This server does not know the request method.")
        default: return refuse(request)
        }
    }

    /// Whether the content at a path is that of a form, which may be longer than a letter.
    func isForm(_ method: Method, _ path: ArraySlice<UInt8>) -> Bool { method == .post && path.isEqual(to: "/form") }

    /// Whether the content is to be sent as a datagram, as of nearly every request.
    @inline(__always)
    private func isLetter(_ request: Request) -> Bool {
        // A path begins with a slash, so that one of a single byte is "/".
        request.parser.head.method == .post && request.parser.head.path.range.count == 1 && !Self.isCoded(request)
            && !Self.isMultipart(request) && hasRoot
    }

    /// Whether a service has the path.
    private func isService(_ path: ArraySlice<UInt8>) -> Bool {
        path.isEqual(to: "/") ? hasRoot : services.other(at: path) != nil
    }

    // MARK: - The UDP service

    /// Sends the content to a service at a path of its own.
    private func forward(_ request: Request, to route: ServiceRoute) -> Decision {
        let limit = route.service.configuration.maxDatagram
        guard request.body.count <= limit else { return .response(Problem.response(.requestTooLong(limit: limit))) }
        return .exchange(request.body, options(request, route))
    }

    /// What the response to a request for a service at a path of its own has to know.
    private func options(_ request: Request, _ route: ServiceRoute) -> ReplyOptions {
        let wait = wait(request, within: route.service.configuration.timeout)
        let mirrored = Self.mirroredType(request)
        if mirrored == nil, Self.prefersTrace(request) {
            return ReplyOptions(.trace(ExchangeTrace(start: MonotonicTime.now())), wait: wait, route: route)
        }
        let type = route.service.type ?? mirrored.flatMap { FieldValue(validating: $0) }
        return ReplyOptions(.bytes(mirroring: type), wait: wait, route: route)
    }

    /// The response to an exchange that has ended.
    func response(to outcome: Result<Reply, GatewayError>, _ options: ReplyOptions?) -> Response {
        switch (outcome, options?.form) {
        case (.success(let reply), .page(let letter)):
            return page.form(.ok, text: letter, outcome: .success(Array(reply.bytes)))
        case (.failure(let error), .page(let letter)): return refuseForm(letter, error)
        case (.success(let reply), _): return pass(reply, options)
        case (.failure(let error), _):
            var response = Problem.response(error, exchange: options?.trace.map(json))
            if case .silent = error, let wait = options?.wait { Self.apply(wait, to: &response) }
            return response
        }
    }

    /// A reply as its caller wants to have it.
    private func pass(_ reply: Reply, _ options: ReplyOptions?) -> Response {
        var response: Response
        switch options?.form {
        case .trace(let trace): response = JourneyResponse.reply(reply.bytes, json(trace))
        case .bytes(let type?): response = Response(.ok, type, content: Array(reply.bytes))
        default: response = Response(.ok, MediaType.plainText, content: Array(reply.bytes))
        }
        response.fields.append((.serverTiming, ResponseWriter.timing(reply)))
        if let wait = options?.wait { Self.apply(wait, to: &response) }
        return response
    }

    private static func apply(_ wait: Int, to response: inout Response) {
        guard let value = FieldValue(validating: "wait=\(wait)".utf8) else { return }
        response.fields.append((preferenceApplied, value))
    }

    /// What the response has to know of the request; nil for the plain reply.
    @inline(__always)
    private func options(_ request: Request) -> ReplyOptions? {
        guard rootType != nil || Self.mayShapeReply(request) else { return nil }
        let (wait, mirrored) = (wait(request, within: configuration.timeout), Self.mirroredType(request))
        if mirrored == nil, Self.prefersTrace(request) {
            return ReplyOptions(.trace(ExchangeTrace(start: MonotonicTime.now())), wait: wait)
        }
        let type = rootType ?? mirrored.flatMap { FieldValue(validating: $0) }
        if wait == nil, type == nil { return nil }
        return ReplyOptions(.bytes(mirroring: type), wait: wait)
    }

    /// Whether a field came that may have a say in how the reply is shown, as with few requests.
    @inline(__always)
    private static func mayShapeReply(_ request: Request) -> Bool {
        request.has(.prefer) || mayPrefer(request)
            || request.first(of: .contentType).map { $0 | 0x20 == UInt8(ascii: "a") } ?? false
    }

    /// Whether the caller may prefer anything: nearly all clients say "*/*", which is too short for that.
    @inline(__always)
    private static func mayPrefer(_ request: Request) -> Bool {
        guard let range = request.parser.head.range(of: .accept) else { return false }
        return range.count >= Negotiation.shortestPreference || request.parser.head.isRepeated(.accept)
    }

    /// Whether the caller would rather have the reply with its trace.
    ///
    /// One who speaks JSON to the service would not: the reply itself is what it accepts, in the type that it named.
    private static func prefersTrace(_ request: Request) -> Bool {
        guard mayPrefer(request), let accept = request.list(of: .accept) else { return false }
        return Negotiation.prefersJSON(accept: accept.span, 0..<accept.count)
    }

    /// The trace as the operator lets it be told.
    private func json(_ trace: ExchangeTrace) -> String { trace.json(showingAddresses: configuration.shows) }

    /// The same for a form that a browser posts without JavaScript; a page is the response.
    private func forwardForm(_ request: Request) -> Decision {
        if Self.isMultipart(request) { return forwardParts(request) }
        let body = request.body
        guard let text = FormDecoder(0..<body.count).value(of: "text", in: body.span) else {
            let sentence = "The form has no field named \"text\"."
            return .response(page.form(.badRequest, text: [], outcome: .failure(sentence)))
        }
        return forward(text)
    }

    /// A form in parts (RFC 7578): its text, or a file, whose bytes are the letter as they are.
    private func forwardParts(_ request: Request) -> Decision {
        let (body, type) = (request.body, request.value(of: .contentType) ?? [])
        do throws(MultipartError) {
            guard let decoder = try MultipartDecoder(contentType: type.span) else {
                return .response(Self.refuseType())
            }
            let payload = try decoder.payload(in: body.span)
            let content = body.dropFirst(payload.range.lowerBound).prefix(payload.range.count)
            return payload.isFile ? send(Array(content)) : forward(Array(content))
        } catch {
            return .response(page.form(error.status, text: [], outcome: .failure(error.description)))
        }
    }

    /// Forms end lines with CRLF (WHATWG HTML 4.10.21.4); the text area had LF, and so the letter has.
    private func forward(_ text: [UInt8]) -> Decision { send(text.filter { $0 != UInt8(ascii: "\r") }) }

    private func send(_ letter: [UInt8]) -> Decision {
        guard letter.count <= configuration.maxDatagram else {
            return .response(refuseForm(letter, .requestTooLong(limit: configuration.maxDatagram)))
        }
        return .exchange(letter[...], ReplyOptions(.page(letter: letter)))
    }

    private func refuseForm(_ letter: [UInt8], _ error: GatewayError) -> Response {
        // The page has no reply then, so that there is room for twice the letter that fits.
        let kept = letter.count <= 2 * configuration.maxDatagram ? letter : []
        var response = page.form(error.answer.status, text: kept, outcome: .failure(error.detail))
        response.fields += Problem.response(error).fields
        return response
    }

    /// Answers content that was not read, for it is longer than any that fits in a datagram; where the next message begins
    /// cannot be told.
    func refuseContent(ofForm isForm: Bool) -> Response {
        let error = GatewayError.requestTooLong(limit: configuration.maxDatagram)
        guard isForm else { return Problem.response(error) }
        var response = refuseForm([], error)
        response.closes = true
        return response
    }

    /// How many seconds the caller wants to wait (RFC 7240 4.3), where that is less than the operator allows.
    private func wait(_ request: Request, within timeout: Interval) -> Int? {
        guard request.has(.prefer), let value = request.list(of: .prefer),
            let seconds = Negotiation.wait(prefer: value.span, 0..<value.count),
            seconds > 0, .seconds(UInt64(min(seconds, 86_400))) <= timeout
        else { return nil }
        return seconds
    }

    private static let application = Array("application/".utf8)
    private static let form = Array("application/x-www-form-urlencoded".utf8)
    private static let parts = Array("multipart/form-data".utf8)
    private static let identity = Array("identity".utf8)
    private static let preferenceApplied = FieldName("Preference-Applied")

    /// The request's own type for the reply, where the caller named an `application/*` type other than a form's.
    private static func mirroredType(_ request: Request) -> ArraySlice<UInt8>? {
        // Most clients name no type of that group, and fewer bytes say so.
        guard let first = request.first(of: .contentType), first | 0x20 == UInt8(ascii: "a"),
            let type = request.value(of: .contentType), type.begins(with: Self.application),
            MediaType.nameLength(in: type.span) != nil, !isForm(type)
        else { return nil }
        return type
    }

    private static func isForm(_ request: Request) -> Bool { request.value(of: .contentType).map(isForm) ?? false }

    private static func isForm(_ type: ArraySlice<UInt8>) -> Bool {
        type.begins(with: form) && MediaType.nameLength(in: type.span) == form.count
    }

    private static func refuseType() -> Response {
        Problem.response(
            .unsupportedMediaType, "This route takes application/x-www-form-urlencoded and multipart/form-data.")
    }

    /// Whether the content is a form in parts: as a letter it would be a datagram with boundaries in it.
    @inline(__always)
    private static func isMultipart(_ request: Request) -> Bool {
        guard let first = request.first(of: .contentType), first | 0x20 == UInt8(ascii: "m") else { return false }
        return isMultipart(type: request.value(of: .contentType) ?? [])
    }

    private static func isMultipart(type: ArraySlice<UInt8>) -> Bool {
        type.begins(with: parts) && MediaType.nameLength(in: type.span) == parts.count
    }

    private static func refuseParts() -> Response {
        Problem.response(
            .unsupportedMediaType, "A form in parts goes to /form; here the body is the datagram (curl --data-binary).")
    }

    // MARK: - Everything else

    private func read(_ request: Request) -> Decision {
        if request.path.isEqual(to: "/healthz") {
            let alive = Response(.ok, MediaType.plainText, content: Array("ok\n".utf8))
            return .response(Precondition.refusal(of: request) ?? alive)
        }
        if request.path.isEqual(to: "/readyz") {
            return Precondition.refusal(of: request).map(Decision.response) ?? .readiness
        }
        if request.path.isEqual(to: "/metrics") {
            if let refusal = Precondition.refusal(of: request) { return .response(refusal) }
            return .statistics
        }
        if request.path.isEqual(to: "/services") {
            let list = Response(.ok, FieldValue("application/json"), content: Array(services.json.utf8))
            return .response(Precondition.refusal(of: request) ?? list)
        }
        if let lab, request.path.isEqual(to: "/lab") {
            return .response(Precondition.refusal(of: request) ?? lab.read())
        }
        if let file = file(at: request.path) {
            return .response(file.respond(to: request, now: WallClock.unixSeconds()))
        }
        return .response(isFolder(request.path) ? Self.redirectToFolder(request) : refuse(request))
    }

    /// The file at a path; a route has none in any spelling, or a file of its name would slip past a proxy's rule for it.
    private func file(at path: ArraySlice<UInt8>) -> StaticFile? {
        guard let name = Page.name(at: path), !isRoute(name[...]) else { return nil }
        return page.file(named: name)
    }

    /// Whether a path is a folder's without its slash, and the folder has a file to show.
    private func isFolder(_ path: ArraySlice<UInt8>) -> Bool { file(at: path + [UInt8(ascii: "/")]) != nil }

    /// Sends a browser to the folder itself, from where the links of its page lead to its files (RFC 3986 5.2.3).
    private static func redirectToFolder(_ request: Request) -> Response {
        var response = Response(.permanentRedirect)
        // A reference without scheme and authority holds behind a proxy, too (RFC 9110 10.2.2).
        var reference = request.path + [UInt8(ascii: "/")]
        if let query = request.head.query { reference += [UInt8(ascii: "?")] + request.bytes(query.range) }
        if let location = FieldValue(validating: reference) { response.fields.append((.location, location)) }
        response.fields.append((.cacheControl, FieldValue("no-cache")))
        return response
    }

    /// Whether a path is that of a route, where no file is; "/" is a route and a file.
    private func isRoute(_ path: ArraySlice<UInt8>) -> Bool {
        path.isEqual(to: "/form") || path.isEqual(to: "/healthz") || path.isEqual(to: "/readyz")
            || path.isEqual(to: "/metrics")
            || path.isEqual(to: "/services") || services.other(at: path) != nil
            || (lab != nil && path.isEqual(to: "/lab"))
    }

    private func replace(_ request: Request) -> Response {
        guard let lab, request.path.isEqual(to: "/lab") else { return refuse(request) }
        return lab.replace(request)
    }

    /// The methods that the request's target knows; nil when there is no such thing.
    private func methods(at request: Request) -> FieldValue? {
        if case .asterisk = request.head.targetForm { return FieldValue("GET, HEAD, POST, OPTIONS") }
        if lab != nil, request.path.isEqual(to: "/lab") { return FieldValue("GET, HEAD, PUT, OPTIONS") }
        if request.path.isEqual(to: "/") {
            switch (hasRoot, file(at: request.path) != nil) {
            case (true, true): return FieldValue("GET, HEAD, POST, OPTIONS")
            case (true, false): return FieldValue("POST, OPTIONS")
            case (false, true): return FieldValue("GET, HEAD, OPTIONS")
            case (false, false): return nil
            }
        }
        if hasRoot && request.path.isEqual(to: "/form") || isService(request.path) {
            return FieldValue("POST, OPTIONS")
        }
        let isRead =
            request.path.isEqual(to: "/healthz") || request.path.isEqual(to: "/readyz")
            || request.path.isEqual(to: "/metrics")
            || request.path.isEqual(to: "/services") || file(at: request.path) != nil || isFolder(request.path)
        return isRead ? FieldValue("GET, HEAD, OPTIONS") : nil
    }

    /// 405 where the target knows other methods, 404 where there is none.
    private func refuse(_ request: Request) -> Response {
        guard let methods = methods(at: request) else {
            let advice = hasRoot ? " POST text to \"/\"." : ""
            return Problem.response(.notFound, "There is nothing at this path.\(advice)")
        }
        let problem = Problem.response(.methodNotAllowed, "This path does not take the request's method; see Allow.")
        return Self.permit(methods, problem)
    }

    /// Whether the content is in a coding, and so not what the UDP service is to get.
    private static func isCoded(_ request: Request) -> Bool {
        guard request.has(.contentEncoding), let codings = request.list(of: .contentEncoding) else { return false }
        return !areIdentity(codings)
    }

    /// Codings are named in either case (RFC 9110 8.4.1).
    private static func areIdentity(_ codings: ArraySlice<UInt8>) -> Bool {
        var list = CommaList(0..<codings.count)
        while let coding = list.next(in: codings.span) {
            let isIdentity = coding.count == "identity".utf8.count
            guard isIdentity, codings.dropFirst(coding.lowerBound).begins(with: Self.identity) else { return false }
        }
        return true
    }

    /// Content in a coding would go into the datagram as it is, and no service expects that (RFC 9110 15.5.16, 12.5.3).
    private static func refuseCoding() -> Response {
        var response = Problem.response(.unsupportedMediaType, "The content must come without a Content-Encoding.")
        response.fields.append((FieldName("Accept-Encoding"), FieldValue("identity")))
        return response
    }

    /// Adds the Allow field (RFC 9110 10.2.1).
    private static func permit(_ methods: FieldValue?, _ status: Status) -> Response {
        guard let methods else { return Problem.response(.notFound, "There is nothing at this path.") }
        return permit(methods, Response(status))
    }

    private static func permit(_ methods: FieldValue, _ response: consuming Response) -> Response {
        response.fields.append((.allow, methods))
        return response
    }
}
