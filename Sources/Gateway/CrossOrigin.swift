internal import HTTP

/// Which pages of other origins may use the gateway from a browser (WHATWG Fetch 3.2, "CORS"); by default none.
public struct CrossOrigin: Sendable {
    private let origins: [[UInt8]]
    private let allowsAll: Bool

    /// Allows the origins, such as "https://example.org"; "*" allows all.
    public init(origins: [String]) {
        self.origins = origins.map { Array($0.utf8) }
        allowsAll = origins.contains("*")
    }

    /// Whether the text is an origin as browsers send it: no other is ever equal to theirs (WHATWG HTML 7.1.1,
    /// "serialization of an origin"; the schemes' own ports are left out, WHATWG URL 4.2).
    public static func isSerialized(_ text: String) -> Bool {
        guard let separator = text.firstRange(of: "://") else { return false }
        let (scheme, authority) = (text[..<separator.lowerBound], text[separator.upperBound...])
        let ownPort = ["http": ":80", "https": ":443"][scheme]
        return isLowercase(scheme, or: "+-.") && isLowercase(authority, or: "-._:[]")
            && ownPort.map { !authority.hasSuffix($0) } ?? true
    }

    private static func isLowercase(_ text: Substring, or others: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || others.utf8.contains(byte)
            }
    }

    /// Whether any page of another origin may use the gateway.
    var isOn: Bool { !origins.isEmpty }

    /// Answers a browser that asks before it sends (Fetch 3.2.2); nil for a request that is none of these.
    func preflight(_ request: Request) -> Response? {
        guard isOn, request.head.method == .options, request.head.range(of: .accessControlRequestMethod) != nil,
            allowedOrigin(of: request) != nil
        else { return nil }
        var response = Response(.noContent)
        response.fields = [
            (FieldName("Access-Control-Allow-Methods"), FieldValue("GET, HEAD, POST")),
            (FieldName("Access-Control-Allow-Headers"), FieldValue("Accept, Content-Type, Prefer")),
            (FieldName("Access-Control-Max-Age"), FieldValue("600")),
        ]
        return response
    }

    /// Adds what a browser wants to see before it shows the response to the page that asked.
    func permit(_ response: inout Response, for request: Request) {
        // A cache must not show one origin what was permitted to another.
        if !allowsAll { response.fields.append((.vary, FieldValue("Origin"))) }
        guard let origin = allowedOrigin(of: request) else { return }
        response.fields.append((Self.allowOrigin, origin))
        response.fields.append((Self.exposeHeaders, Self.exposed))
    }

    private func allowedOrigin(of request: Request) -> FieldValue? {
        guard let origin = request.value(of: .origin) else { return nil }
        if allowsAll { return FieldValue("*") }
        return origins.contains(Array(origin)) ? FieldValue(validating: origin) : nil
    }

    private static let allowOrigin = FieldName("Access-Control-Allow-Origin")
    private static let exposeHeaders = FieldName("Access-Control-Expose-Headers")
    private static let exposed = FieldValue("Preference-Applied, Proxy-Status, Retry-After, Server-Timing")
}
