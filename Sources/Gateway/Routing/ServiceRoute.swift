internal import HTTP
internal import System

/// A service as one worker has it: its description, the exchanges with it, and what becomes of requests for it.
final class ServiceRoute {
    let service: Service
    let upstream: Upstream
    /// Whether one reply from the address that is asked is the answer.
    private let isOrdinary: Bool
    private let isRoot: Bool

    init(_ service: Service, _ upstream: Upstream) {
        self.service = service
        isOrdinary = service.replies.isConnected && service.replies.isSingle
        isRoot = service.path == "/"
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
        guard LetterQuery(request.query).isUnknown else { return nil }
        return Problem.response(.badRequest, "The parameter \"as\" of the query takes hex or base64.")
    }

    /// Sends the content of a POST as a datagram.
    func forward(_ request: Request) -> Decision {
        guard let notation = LetterQuery(request.query).notation else { return send(request.body, of: request, nil) }
        let text = request.body
        do {
            return send(try notation.decode(text.span)[...], of: request, notation)
        } catch {
            return .response(Problem.response(.badRequest, "The body is no \(notation.rawValue): \(error)."))
        }
    }

    private func send(_ letter: ArraySlice<UInt8>, of request: Request, _ notation: Notation?) -> Decision {
        guard letter.count <= service.configuration.maxDatagram else { return .response(refuseContent()) }
        return decide(letter, of: request, notation)
    }

    /// Answers content that does not fit in a datagram.
    func refuseContent() -> Response {
        Problem.response(.requestTooLong(limit: service.configuration.maxDatagram), service: service.path)
    }

    // MARK: - The kind of answer

    /// Sends a letter of which it is known that it fits.
    func decide(_ letter: ArraySlice<UInt8>, of request: Request, _ notation: Notation? = nil) -> Decision {
        if !isOrdinary || request.has(.prefer), let other = decideOther(letter, of: request, notation) { return other }
        return .exchange(letter, options(of: request, notation, nil))
    }

    /// Another answer than one reply from the address that is asked; nil where that is the answer all the same.
    private func decideOther(
        _ letter: ArraySlice<UInt8>, of request: Request, _ notation: Notation?
    ) -> Decision? {
        let isAsync = Self.prefersAsync(request)
        if isAsync || service.replies.count == .none {
            let trace = Self.prefersTrace(request) ? ExchangeTrace(start: MonotonicTime.now()) : nil
            let form = trace.map { ReplyOptions.Form.trace($0) } ?? .bytes(mirroring: nil)
            return .dispatch(letter, ReplyOptions(form, isAsync: isAsync, route: self))
        }
        guard !isOrdinary else { return nil }
        let collection = upstream.makeCollection()
        if service.replies.isSingle, let options = options(of: request, notation, collection) {
            return .collection(letter, options)
        }
        let form = CollectionResponse.Form(accept: request.list(of: .accept))
        let options = ReplyOptions(
            .replies(form, collection), notation: notation, wait: wait(of: request), collection: collection,
            route: self)
        return .collection(letter, options)
    }

    /// Sends the letter of a form.
    func decide(_ letter: [UInt8], in form: FormResource) -> Decision {
        let collection = isOrdinary ? nil : upstream.makeCollection()
        let options = ReplyOptions(.page(letter: letter, form), collection: collection, route: self)
        if service.replies.count == .none { return .dispatch(letter[...], options) }
        return collection == nil ? .exchange(letter[...], options) : .collection(letter[...], options)
    }

    /// Whether the caller does not want to wait for the reply (RFC 7240 4.1).
    private static func prefersAsync(_ request: Request) -> Bool {
        guard let value = request.list(of: .prefer) else { return false }
        return Negotiation.prefersAsync(prefer: value.span, 0..<value.count)
    }

    /// What the response to one reply has to know of its request; nil for the plain reply of the service at `/`.
    private func options(
        of request: Request, _ notation: Notation?, _ collection: ReplyCollection?
    ) -> ReplyOptions? {
        let (wait, mirrored) = (wait(of: request), notation == nil ? Self.mirroredType(of: request) : nil)
        let form: ReplyOptions.Form
        if mirrored == nil, Self.prefersTrace(request) {
            form = .trace(ExchangeTrace(start: MonotonicTime.now()))
        } else {
            let type = notation == nil ? service.type ?? mirrored.flatMap { FieldValue(validating: $0) } : nil
            let isPlain = wait == nil && type == nil && notation == nil && collection == nil
            if isPlain, isRoot { return nil }
            form = .bytes(mirroring: type)
        }
        return ReplyOptions(form, notation: notation, wait: wait, collection: collection, route: self)
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
            seconds > 0, .seconds(UInt64(min(seconds, 86_400))) <= service.replies.wait ?? service.configuration.timeout
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
