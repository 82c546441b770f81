internal import EventLoop
internal import HTTP
internal import Sockets

/// Which request gets which answer: the table of routes.
final class Responder {
    private let upstream: Upstream
    private let page: Page
    private let census: Census
    private let crossOrigin: CrossOrigin
    /// Nil where there is no lab: then there is nothing at its path.
    private let lab: LabResource?

    init(upstream: Upstream, page: Page, census: Census, crossOrigin: CrossOrigin, lab: Lab?) {
        self.upstream = upstream
        self.page = page
        self.census = census
        self.crossOrigin = crossOrigin
        self.lab = lab.map(LabResource.init)
    }

    /// Answers a request; never fails, for every failure has a response of its own.
    @inline(__always)
    func respond(to request: Request) async -> Response {
        var response = isLetter(request) ? await forward(request) : await route(request)
        if crossOrigin.isOn { crossOrigin.permit(&response, for: request) }
        return response
    }

    /// Whether the content is to be sent as a datagram, as of nearly every request.
    private func isLetter(_ request: Request) -> Bool {
        // A path begins with a slash, so that one of a single byte is "/".
        request.head.method == .post && request.head.path.range.count == 1 && !Self.isCoded(request)
    }

    private func route(_ request: Request) async -> Response {
        if let preflight = crossOrigin.preflight(request) { return preflight }
        if Self.isCoded(request) { return Self.refuseCoding() }
        return switch request.head.method {
        case .post where request.path.isEqual(to: "/form"): await forwardForm(request)
        case .get, .head: await read(request)
        case .put: replace(request)
        case .options: Self.permit(methods(at: request), .noContent)
        case .unknown: Problem.response(.notImplemented, "This server does not know the request method.")
        default: refuse(request)
        }
    }

    // MARK: - The UDP service

    /// Sends the body as a datagram; the reply is the response.
    @inline(__always)
    private func forward(_ request: Request) async -> Response {
        let story = Self.prefersStory(request) ? ExchangeStory(start: MonotonicTime.now()) : nil
        do {
            try await upstream.carry(request.body, in: request.exchange, patience: patience(request), story: story)
            return pass(request.exchange, on: request)
        } catch {
            return refuse(error, story)
        }
    }

    /// A reply as its caller wants to have it.
    @inline(never)
    private func pass(_ exchange: Exchange, on request: Request) -> Response {
        var response: Response
        if let story = exchange.story {
            response = JourneyResponse.reply(exchange.reply, json(story))
            response.fields.append((.serverTiming, Response.timing(exchange)))
        } else {
            response = Response(.ok, content: .reply)
            response.mirrorsType = Self.mirroredType(request) != nil
        }
        if let wait = wait(request), let value = FieldValue(validating: "wait=\(wait)".utf8) {
            response.fields.append((Self.preferenceApplied, value))
        }
        return response
    }

    @inline(never)
    private func refuse(_ error: GatewayError, _ story: ExchangeStory?) -> Response {
        Problem.response(error, exchange: story.map(json))
    }

    /// Whether the caller would rather have the reply with its story.
    ///
    /// One who speaks JSON to the service would not: the reply itself is what it accepts, in the type that it named.
    private static func prefersStory(_ request: Request) -> Bool {
        // Nearly everybody says "*/*", which is too short to prefer anything.
        guard let range = request.parser.head.range(of: .accept),
            range.count >= Negotiation.shortestPreference || request.parser.head.isRepeated(.accept),
            mirroredType(request) == nil, let accept = request.list(of: .accept)
        else { return false }
        return Negotiation.prefersJSON(accept: accept.span, 0..<accept.count)
    }

    /// The story as the operator lets it be told.
    private func json(_ story: ExchangeStory) -> String {
        story.json(showingAddresses: upstream.configuration.shows)
    }

    /// The same for a form that a browser posts without JavaScript; a page is the response.
    private func forwardForm(_ request: Request) async -> Response {
        guard let type = request.value(of: .contentType), Self.isForm(type) else {
            return Problem.response(.unsupportedMediaType, "This route takes application/x-www-form-urlencoded.")
        }
        let body = request.body
        guard let text = FormDecoder(0..<body.count).value(of: "text", in: body.span) else {
            return page.form(.badRequest, text: [], outcome: .failure("The form has no field named \"text\"."))
        }
        // A form ends lines with CRLF (WHATWG HTML 4.10.21.4); the text area had LF, and so the letter has.
        let letter = text.filter { $0 != UInt8(ascii: "\r") }
        do throws(GatewayError) {
            guard letter.count <= upstream.configuration.maxDatagram else {
                throw .requestTooLong(limit: upstream.configuration.maxDatagram)
            }
            try await upstream.carry(letter[...], in: request.exchange)
            return page.form(.ok, text: letter, outcome: .success(Array(request.exchange.reply)))
        } catch {
            // The page has no reply then, so that there is room for twice the letter that fits.
            let kept = letter.count <= 2 * upstream.configuration.maxDatagram ? letter : []
            var response = page.form(error.answer.status, text: kept, outcome: .failure(error.detail))
            response.fields += Problem.response(error).fields
            return response
        }
    }

    /// Answers content that was not read, for it is longer than any that fits in a datagram; nobody can tell where the next message is.
    func refuseContent(ofForm isForm: Bool) -> Response {
        let error = GatewayError.requestTooLong(limit: upstream.configuration.maxDatagram)
        guard isForm else { return Problem.response(error) }
        var response = page.form(error.answer.status, text: [], outcome: .failure(error.detail))
        response.fields += Problem.response(error).fields
        response.closes = true
        return response
    }

    /// How many seconds the caller wants to wait (RFC 7240 4.3), where that is less than the operator allows.
    private func wait(_ request: Request) -> Int? {
        guard request.has(.prefer), let value = request.list(of: .prefer),
            let seconds = Negotiation.wait(prefer: value.span, 0..<value.count),
            seconds > 0, .seconds(UInt64(min(seconds, 86_400))) <= upstream.configuration.timeout
        else { return nil }
        return seconds
    }

    private func patience(_ request: Request) -> Interval? { wait(request).map { .seconds(UInt64($0)) } }

    private static let application = Array("application/".utf8)
    private static let form = Array("application/x-www-form-urlencoded".utf8)
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

    private static func isForm(_ type: ArraySlice<UInt8>) -> Bool {
        type.begins(with: form) && MediaType.nameLength(in: type.span) == form.count
    }

    // MARK: - Everything else

    private func read(_ request: Request) async -> Response {
        if request.path.isEqual(to: "/healthz") {
            return Precondition.refusal(of: request)
                ?? Response(.ok, MediaType.plainText, content: .bytes(Array("ok\n".utf8)))
        }
        if request.path.isEqual(to: "/metrics") {
            if let refusal = Precondition.refusal(of: request) { return refusal }
            let text = Metrics.text(await census.take(), showingAddresses: upstream.configuration.shows)
            return Response(.ok, Metrics.mediaType, content: .bytes(Array(text.utf8)))
        }
        if let lab, request.path.isEqual(to: "/lab") { return Precondition.refusal(of: request) ?? lab.read() }
        guard let file = page.file(at: request.path) else { return refuse(request) }
        return file.respond(to: request, now: WallClock.unixSeconds())
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
            return FieldValue(page.file(at: request.path) == nil ? "POST, OPTIONS" : "GET, HEAD, POST, OPTIONS")
        }
        if request.path.isEqual(to: "/form") { return FieldValue("POST, OPTIONS") }
        let isRead =
            request.path.isEqual(to: "/healthz") || request.path.isEqual(to: "/metrics")
            || page.file(at: request.path) != nil
        return isRead ? FieldValue("GET, HEAD, OPTIONS") : nil
    }

    /// 405 where the target knows other methods, 404 where there is none.
    private func refuse(_ request: Request) -> Response {
        guard let methods = methods(at: request) else {
            return Problem.response(.notFound, "There is nothing at this path. POST text to \"/\".")
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

    /// Content in a coding would go into the datagram as it is; nobody asked for that (RFC 9110 15.5.16, 12.5.3).
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
