internal import HTTP

/// The pages of other origins that may use the gateway from a browser (WHATWG Fetch 3.2, "CORS"); by default none.
package struct CrossOrigin: Sendable {
    private let origins: [[UInt8]]
    private let allowsAll: Bool
    /// Whether any page of another origin may use the gateway.
    let isOn: Bool

    /// Allows the origins, such as "https://example.org"; "*" allows all.
    package init(origins: [String]) {
        self.origins = origins.map { Array($0.utf8) }
        allowsAll = origins.contains("*")
        isOn = !origins.isEmpty
    }

    /// Whether the text is an origin in the form of browsers: no other form equals theirs (WHATWG HTML 7.1.1,
    /// "serialization of an origin"; it omits the schemes' default ports, WHATWG URL 4.2).
    package static func isSerialized(_ text: String) -> Bool {
        guard let separator = text.firstRange(of: "://") else { return false }
        let (scheme, authority) = (text[..<separator.lowerBound], text[separator.upperBound...])
        let ownPort = ["http": ":80", "https": ":443"][scheme]
        return isLowercase(scheme, or: "+-.") && isLowercase(authority, or: "-._:[]")
            && ownPort.map { !authority.hasSuffix($0) } ?? true
    }

    private static func isLowercase(_ text: Substring, or others: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { $0.isAlphanumeric && $0 == $0.lowercased || others.utf8.contains($0) }
    }

    /// Answers a preflight request (Fetch 3.2.2); nil for any other request.
    func preflight(_ request: Request) -> Response? {
        guard isOn, request.head.method == .options, request.head.range(of: .accessControlRequestMethod) != nil,
            allowedOrigin(request.value(of: .origin)) != nil
        else { return nil }
        var response = Response(.noContent)
        response.fields.add(FieldName("Access-Control-Allow-Methods"), FieldValue("GET, HEAD, POST"))
        response.fields.add(
            FieldName("Access-Control-Allow-Headers"),
            FieldValue("Accept, Authorization, Content-Type, Prefer, traceparent, tracestate, X-Request-Id"))
        response.fields.add(FieldName("Access-Control-Max-Age"), FieldValue("600"))
        return response
    }

    /// The fields that let a browser show the response to the page: without them it shows that the request failed, and
    /// not the status with the reason.
    ///
    /// - `origin`: the value of the request's Origin field, if it has one.
    func fields(for origin: ArraySlice<UInt8>?) -> FieldLines {
        var fields = FieldLines()
        guard isOn else { return fields }
        // A cache must not serve one origin's permission to another.
        if !allowsAll { fields.add(.vary, FieldValue("Origin")) }
        if let origin = allowedOrigin(origin) {
            fields.add(Self.allowOrigin, origin)
            fields.add(Self.exposeHeaders, Self.exposed)
        }
        return fields
    }

    /// Whether pages of an origin may use the gateway; without an Origin field, whether all may.
    func allows(_ origin: ArraySlice<UInt8>?) -> Bool {
        allowsAll || origin.map { origins.contains(Array($0)) } ?? false
    }

    private func allowedOrigin(_ origin: ArraySlice<UInt8>?) -> FieldValue? {
        if allowsAll { return FieldValue("*") }
        guard let origin, origins.contains(Array(origin)) else { return nil }
        return FieldValue(validating: origin)
    }

    private static let allowOrigin = FieldName("Access-Control-Allow-Origin")
    private static let exposeHeaders = FieldName("Access-Control-Expose-Headers")
    private static let exposed = FieldValue(
        """
        Letterbox-Incomplete, Letterbox-Lengths, Letterbox-Surplus, Preference-Applied, Proxy-Status, Retry-After, \
        Server-Timing, X-Request-Id
        """
    )
}
