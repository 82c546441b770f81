internal import HTTP
internal import System

/// A service as one worker has it: its description, the exchanges with it, and what becomes of requests for it.
final class ServiceRoute {
    let service: Service
    let upstream: Upstream

    init(_ service: Service, _ upstream: Upstream) {
        self.service = service
        self.upstream = upstream
    }

    /// What the worker has counted of it.
    var figures: UpstreamCounts {
        var counts = upstream.snapshot
        counts.service = service.path
        return counts
    }

    /// What a POST gets whatever its content is; nil where the content counts.
    func refusal(of request: Request) -> Response? {
        if request.isMultipart {
            return Problem.response(
                .unsupportedMediaType,
                "A form in parts goes to /form; here the body is the datagram (curl --data-binary).")
        }
        let query = LetterQuery(request.query)
        if query.isUnknown || query.isText {
            return Problem.response(.badRequest, "The parameter \"as\" of the query takes hex or base64.")
        }
        guard service.preset == .dns, query.notation == nil, !request.isDNSMessage else { return nil }
        return Problem.response(
            .unsupportedMediaType,
            "This service takes application/dns-message (RFC 8484), and with ?as=hex or ?as=base64 a message written out."
        )
    }

    /// Sends the content of a POST as a datagram.
    func forward(_ request: Request) -> Decision {
        let notation = LetterQuery(request.query).notation
        guard let notation else { return send(request.body, of: request) }
        let text = request.body
        do {
            return send(try notation.decode(text.span)[...], of: request, notation)
        } catch {
            return .response(Problem.response(.badRequest, "The body is no \(notation.rawValue): \(error)."))
        }
    }

    /// Sends the letter that the query of a GET carries.
    func ask(_ request: Request) -> Decision {
        if let refusal = Precondition.refusal(of: request) { return .response(refusal) }
        let query = LetterQuery(request.query)
        guard let name = service.get, !query.isUnknown else {
            return .response(
                Problem.response(.badRequest, "The parameter \"as\" of the query takes base64, hex or text."))
        }
        do {
            guard let letter = try query.letter(in: name) else {
                return .response(
                    Problem.response(.badRequest, "The query has no parameter \"\(name)\" with the letter."))
            }
            return send(letter[...], of: request, query.notation)
        } catch {
            let form = query.notation == .hex ? "hex" : "base64url"
            return .response(Problem.response(.badRequest, "The parameter \"\(name)\" is no \(form): \(error)."))
        }
    }

    /// Whether the query of a GET has the parameter that carries a letter.
    func isAsked(_ request: Request) -> Bool {
        guard let name = service.get else { return false }
        return LetterQuery(request.query).has(name)
    }

    private func send(_ letter: ArraySlice<UInt8>, of request: Request, _ notation: Notation? = nil) -> Decision {
        let limit = service.configuration.maxDatagram
        guard letter.count <= limit else {
            guard request.head.method == .post else {
                return .response(
                    Problem.response(.uriTooLong, "The letter does not fit in one datagram of at most \(limit) bytes."))
            }
            return .response(Problem.response(.requestTooLong(limit: limit)))
        }
        guard service.preset != .dns || letter.count >= DNSMessage.headerLength else {
            return .response(
                Problem.response(
                    .badRequest,
                    "A DNS message has \(DNSMessage.headerLength) bytes at least (RFC 1035 4.1), and this one \(letter.count)."
                ))
        }
        return .exchange(letter, options(of: request, notation))
    }

    /// What the response has to know of its request; nil for the plain reply of the service at `/`.
    func options(of request: Request, _ notation: Notation? = nil) -> ReplyOptions? {
        let wait = wait(of: request)
        let isMirrored = notation == nil && service.preset == nil && request.head.method == .post
        let mirrored = isMirrored ? Self.mirroredType(of: request) : nil
        if mirrored == nil, Self.prefersTrace(request) {
            let trace = ExchangeTrace(start: MonotonicTime.now())
            let caching = caching(of: request, isPlain: false)
            return ReplyOptions(.trace(trace), notation: notation, wait: wait, caching: caching, route: self)
        }
        let type = notation == nil ? service.type ?? mirrored.flatMap { FieldValue(validating: $0) } : nil
        let caching = caching(of: request, isPlain: notation == nil)
        if wait == nil, type == nil, notation == nil, caching == nil, service.isRoot { return nil }
        return ReplyOptions(.bytes(mirroring: type), notation: notation, wait: wait, caching: caching, route: self)
    }

    /// What caches are told; nil where the method says it all: what POST gets is kept by none that was not told to
    /// (RFC 9110 9.3.3).
    ///
    /// - `isPlain`: whether the response is the reply itself.
    private func caching(of request: Request, isPlain: Bool) -> ReplyOptions.Caching? {
        if isPlain, service.preset == .dns { return .dns }
        return request.head.method == .post ? nil : .never
    }

    /// Whether the caller would rather have the reply with its trace.
    ///
    /// One who speaks JSON to the service would not: the reply itself is what it accepts, in the type that it named.
    private static func prefersTrace(_ request: Request) -> Bool {
        // Nearly all clients say "*/*", which is too short to prefer anything.
        guard let range = request.parser.head.range(of: .accept),
            range.count >= Negotiation.shortestPreference || request.parser.head.isRepeated(.accept),
            let accept = request.list(of: .accept)
        else { return false }
        return Negotiation.prefersJSON(accept: accept.span, 0..<accept.count)
    }

    /// How many seconds the caller wants to wait (RFC 7240 4.3), where that is less than the operator allows.
    private func wait(of request: Request) -> Int? {
        guard request.has(.prefer), let value = request.list(of: .prefer),
            let seconds = Negotiation.wait(prefer: value.span, 0..<value.count),
            seconds > 0, .seconds(UInt64(min(seconds, 86_400))) <= service.configuration.timeout
        else { return nil }
        return seconds
    }

    /// The request's own type for the reply, where the caller named an `application/*` type other than a form's.
    private static func mirroredType(of request: Request) -> ArraySlice<UInt8>? {
        // Most clients name no type of that group, and fewer bytes say so.
        guard let first = request.first(of: .contentType), first | 0x20 == UInt8(ascii: "a"),
            let type = request.value(of: .contentType), type.begins(with: application),
            MediaType.nameLength(in: type.span) != nil, !request.isForm
        else { return nil }
        return type
    }

    private static let application = Array("application/".utf8)
}
