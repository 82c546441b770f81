internal import EventLoop
internal import HTTP
internal import Logging
internal import System

/// One worker's side of a service: its description, its exchanges, and the decisions about its requests.
final class ServiceRoute {
    let service: Service
    let upstream: Upstream
    /// Whether the answer is one reply from the address itself.
    let isOrdinary: Bool
    let isRoot: Bool
    /// Whether a plain request gets the plain reply, which has a shorter path through the code.
    let isSimple: Bool
    /// The length of the longest datagram.
    let longestDatagram: Int
    /// The length of the longest content in a notation.
    let longestEncoded: Int

    init(_ service: Service, _ upstream: Upstream) {
        self.service = service
        isOrdinary = service.replies.isConnected && service.replies.isSingle
        isRoot = service.path == "/"
        longestDatagram = service.configuration.maxDatagram
        longestEncoded = service.configuration.limits(of: .encoded, maxDatagram: longestDatagram).maxBody
        isSimple = isOrdinary && service.preset == nil && service.type == nil
        self.upstream = upstream
    }

    /// A service with the exchanges of one worker.
    ///
    /// - `count`: the number of services.
    convenience init(
        _ service: Service, of count: Int, limits: SharedLimits, replies: ReplyBuffer, loop: EventLoop, logger: Logger
    ) {
        let upstream = Upstream(
            configuration: service.configuration, policy: service.replies, limits: limits, replies: replies, loop: loop)
        upstream.services = count
        upstream.log = BackendLog(logger, service: service.path)
        // Before anything else: a connection may come before the worker runs.
        upstream.replaceAddresses(service.addresses)
        self.init(service, upstream)
    }

    /// The worker's counters of the service.
    var counts: UpstreamCounts {
        var counts = upstream.snapshot
        counts.service = service.path
        return counts
    }

    /// Begins to send a payload; `handler` gets the end where that is not known at once.
    func begin(_ payload: ArraySlice<UInt8>, _ options: ReplyOptions, for handler: any DispatchHandler) -> Beginning {
        if options.isOneWay { return upstream.dispatch(payload, trace: options.trace, for: handler) }
        let wait = options.wait.map { Interval.seconds(UInt64($0)) }
        guard let collection = options.collection else {
            return Beginning(
                upstream.begin(payload.span, requestedTimeout: wait, trace: options.trace, for: handler))
        }
        return Beginning(
            upstream.collect(
                payload, into: collection, requestedTimeout: wait, trace: options.trace, for: handler))
    }

    /// The answer to a POST that its head alone determines; nil where the content counts.
    func refusal(of request: Request) -> Response? {
        if request.isMultipart {
            return Problem.response(
                .unsupportedMediaType,
                "A form in parts goes to /form; here the body is the datagram (curl --data-binary).")
        }
        let query = PayloadQuery(request.query)
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
        guard let notation = PayloadQuery(request.query).notation else { return send(request.body, of: request, nil) }
        let text = request.body
        guard text.count <= longestEncoded else { return .response(refuseContent()) }
        do {
            return send(try notation.decode(text.span)[...], of: request, notation)
        } catch {
            return .response(Problem.response(.badRequest, "The body is no \(notation.rawValue): \(error)."))
        }
    }

    /// Sends the payload in the query of a GET.
    func forwardQuery(of request: Request) -> Decision {
        let query = PayloadQuery(request.query)
        guard let name = service.get, !query.isUnknown else {
            return .response(
                Problem.response(.badRequest, "The parameter \"as\" of the query takes base64, hex or text."))
        }
        do {
            guard let payload = try query.payload(in: name) else {
                return .response(
                    Problem.response(.badRequest, "The query has no parameter \"\(name)\" with the payload."))
            }
            return send(payload[...], of: request, query.notation)
        } catch {
            let form = query.notation == .hex ? "hex" : "base64url"
            return .response(
                Problem.response(.badRequest, "The parameter \"\(name)\" is no \(form): \(error)."))
        }
    }

    /// Whether the query of a GET has the payload's parameter.
    func hasPayloadParameter(_ request: Request) -> Bool {
        guard let name = service.get else { return false }
        return PayloadQuery(request.query).has(name)
    }

    private func send(_ payload: ArraySlice<UInt8>, of request: Request, _ notation: Notation?) -> Decision {
        let limit = longestDatagram
        if payload.count <= limit {
            if let sentence = refusalReason(for: payload) {
                return .response(Problem.response(.badRequest, sentence))
            }
            // Conditions count only where the response without them were a success (RFC 9110 13.2.1); a POST's are judged
            // with its head.
            if request.head.method != .post, let refusal = Precondition.refusal(of: request) {
                return .response(refusal)
            }
            return decide(payload, of: request, notation)
        }
        guard request.head.method == .post else {
            return .response(
                Problem.response(.uriTooLong, "The payload does not fit in one datagram of at most \(limit) bytes."))
        }
        return .response(refuseContent())
    }

    /// The reason why the service may not get a payload; nil where it may.
    func refusalReason(for payload: ArraySlice<UInt8>) -> String? {
        guard service.preset == .dns, payload.count < DNSMessage.headerLength else { return nil }
        return
            "A DNS message has \(DNSMessage.headerLength) bytes at least (RFC 1035 4.1), and this one \(payload.count)."
    }

    /// Answers content that does not fit in a datagram.
    func refuseContent() -> Response {
        Problem.response(.requestTooLong(limit: longestDatagram), service: service.path)
    }
}
