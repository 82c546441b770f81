internal import HTTP
internal import System

/// A caller's identifiers of a request, which the answer and the access log repeat, so that both can be found.
final class RequestNames {
    /// From `traceparent` (W3C Trace Context 3.2).
    let trace: TraceParent?
    /// From `X-Request-Id`.
    let id: FieldValue?
    /// Both as members of a JSON object, each with a comma in front of it.
    let members: [UInt8]

    /// Nil where the request has no valid identifier: malformed, too long and repeated ones are ignored.
    ///
    /// - `maxID`: the most bytes of an X-Request-Id.
    convenience init?(of request: Request, maxID: Int) {
        func value(_ field: KnownField) -> ArraySlice<UInt8>? {
            request.head.isRepeated(field) ? nil : request.value(of: field)
        }
        self.init(value(.traceparent), value(.xRequestId), maxID: maxID)
    }

    /// The identifiers in bytes that are not a whole request, or none at all.
    convenience init?(ofRefused bytes: ArraySlice<UInt8>, maxID: Int) {
        self.init(
            RawHead.value(of: "traceparent:", in: bytes), RawHead.value(of: "x-request-id:", in: bytes), maxID: maxID)
    }

    private init?(_ parent: ArraySlice<UInt8>?, _ id: ArraySlice<UInt8>?, maxID: Int) {
        trace = parent.flatMap { TraceParent($0.span) }
        self.id = id.flatMap { RequestID.isValid($0.span, limit: maxID) ? FieldValue(validating: $0) : nil }
        guard trace != nil || self.id != nil else { return nil }
        var members: [UInt8] = []
        // Digits and tokens need no escapes (RFC 8259 7).
        if let trace { members += Array(",\"trace_id\":\"".utf8) + trace.traceID + [UInt8(ascii: "\"")] }
        if let id = self.id { members += Array(",\"request_id\":\"".utf8) + id.bytes + [UInt8(ascii: "\"")] }
        self.members = members
    }

    /// Adds the identifiers to a response that is a JSON object with room for more members.
    func enter(_ response: inout Response) {
        guard response.takesNames, response.content.suffix(2).elementsEqual("}\n".utf8) else { return }
        response.content.removeLast(2)
        response.content += members + Array("}\n".utf8)
    }

    /// The field that repeats the caller's own.
    var fields: FieldLines {
        var fields = FieldLines()
        if let id { fields.add(Self.field, id) }
        return fields
    }

    private static let field = FieldName("X-Request-Id")
}
