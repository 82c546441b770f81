internal import HTTP
internal import System

/// Decides between the answers to a payload: one reply, several, or none.
extension ServiceRoute {
    /// Decides about a payload that is known to fit.
    func decide(_ payload: ArraySlice<UInt8>, of request: Request, _ notation: Notation? = nil) -> Decision {
        if !isOrdinary || request.has(.prefer), let options = otherOptions(of: request, notation) {
            return .send(payload, options)
        }
        return .send(payload, options(of: request, notation, nil))
    }

    /// The properties for any other answer than one reply from the address itself; nil where that is the answer.
    private func otherOptions(of request: Request, _ notation: Notation?) -> ReplyOptions? {
        let isAsync = Self.prefersAsync(request)
        if isAsync || service.replies.count == .none {
            return ReplyOptions(
                .bytes(mirroring: nil), isAsync: isAsync, caching: caching(of: request, isPlain: false),
                trace: trace(for: request), route: self)
        }
        guard !isOrdinary else { return nil }
        let collection = upstream.makeCollection()
        if service.replies.isSingle, let options = options(of: request, notation, collection) { return options }
        let form = CollectionResponse.Form(accept: request.list(of: .accept))
        return ReplyOptions(
            .replies(form, collection), notation: notation, wait: wait(of: request),
            caching: caching(of: request, isPlain: false), collection: collection,
            trace: trace(for: request), route: self)
    }

    /// The trace of an exchange whose caller prefers one.
    private func trace(for request: Request) -> ExchangeTrace? {
        guard Self.prefersTrace(request) else { return nil }
        return ExchangeTrace(start: .now(), showsAddresses: service.configuration.showsAddresses)
    }

    /// Decides about a form's payload.
    func decide(_ payload: [UInt8], _ form: PostedForm, _ resource: FormResource) -> Decision {
        let collection = isOrdinary || service.replies.count == .none ? nil : upstream.makeCollection()
        return .send(payload[...], ReplyOptions(.page(form, resource), collection: collection, route: self))
    }

    /// Whether the caller does not want to wait for the reply (RFC 7240 4.1); a caller that sends `wait` does.
    private static func prefersAsync(_ request: Request) -> Bool {
        guard let value = request.list(of: .prefer) else { return false }
        return Negotiation.prefersAsync(prefer: value.span) && Negotiation.wait(prefer: value.span) == nil
    }

    /// The properties of the request that the response to one reply depends on; nil for the plain reply of the service
    /// at `/`.
    private func options(
        of request: Request, _ notation: Notation?, _ collection: ReplyCollection?
    ) -> ReplyOptions? {
        let isMirrored = notation == nil && service.preset == nil && request.head.method == .post
        let (wait, mirrored) = (wait(of: request), isMirrored ? Self.mirroredType(of: request) : nil)
        let trace = mirrored == nil ? trace(for: request) : nil
        let caching = caching(of: request, isPlain: trace == nil && notation == nil)
        var type: FieldValue?
        if trace == nil {
            type = notation == nil ? service.type ?? mirrored.flatMap { FieldValue(validating: $0) } : nil
            let isPlain = wait == nil && type == nil && notation == nil && collection == nil && caching == nil
            if isPlain, isRoot { return nil }
        }
        return ReplyOptions(
            .bytes(mirroring: type), notation: notation, wait: wait, caching: caching, collection: collection,
            trace: trace, route: self)
    }

    /// A cache's permission; nil where the method denies it: without explicit permission no cache stores the response
    /// to a POST (RFC 9110 9.3.3).
    ///
    /// A service of DNS always has one (RFC 8484 5.1).
    ///
    /// - `isPlain`: whether the response is the reply itself.
    private func caching(of request: Request, isPlain: Bool) -> ReplyOptions.Caching? {
        if service.preset == .dns { return isPlain ? .dns : .never }
        return request.head.method == .post ? nil : .never
    }

    /// Whether the caller prefers the reply with its trace.
    ///
    /// A caller that sends JSON to the service accepts the reply itself, in the type that it named.
    private static func prefersTrace(_ request: Request) -> Bool {
        guard request.mayPrefer, let accept = request.list(of: .accept) else { return false }
        return Negotiation.prefersJSON(accept: accept.span)
    }

    /// The seconds that the caller wants to wait (RFC 7240 4.3), where they are no more than the operator's.
    private func wait(of request: Request) -> Int? {
        guard request.has(.prefer), let value = request.list(of: .prefer),
            let seconds = Negotiation.wait(prefer: value.span),
            seconds > 0, .seconds(UInt64(min(seconds, 86_400))) <= service.replies.wait ?? service.configuration.timeout
        else { return nil }
        return seconds
    }

    /// The request's own type for the reply, where the caller named an `application/*` type other than a form's.
    private static func mirroredType(of request: Request) -> ArraySlice<UInt8>? {
        // Most clients name no type of that group, and the first byte shows it.
        guard let first = request.first(of: .contentType), first | 0x20 == UInt8(ascii: "a"),
            let type = request.value(of: .contentType), type.begins(with: application),
            MediaType.nameLength(in: type.span) != nil, !request.isForm
        else { return nil }
        return type
    }

    private static let application = Array("application/".utf8)
}
