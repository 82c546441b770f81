package import HTTP
package import System

/// A UDP service as the operator describes it: its path, its addresses, and its options.
package struct Service: Sendable {
    /// The path of its requests; `/` is the page's service.
    package let path: String
    /// The operator's description: two services with the same text are the same.
    package var text = ""
    /// The addresses at the gateway's start.
    package var addresses: [SocketAddress]
    /// Its own settings; those of the gateway as a whole are the same for all services.
    package let configuration: Configuration
    /// The media type of its replies; nil for plain text.
    package let type: FieldValue?
    /// The replies that callers get.
    package let replies: ReplyPolicy
    /// The query parameter in which GET may carry a payload; nil where GET carries none.
    package let get: String?
    /// Its known protocol, if it has one.
    package let preset: Preset?

    /// A protocol with a specification for HTTP.
    package enum Preset: String, CaseIterable, Sendable {
        /// DNS queries over HTTPS (RFC 8484).
        case dns

        /// The length of the shortest message.
        package var leastLength: Int { DNSMessage.headerLength }
    }

    /// - `preset`: a known protocol, whose specification has the type and the parameter.
    package init(
        path: String, addresses: [SocketAddress], configuration: Configuration, type: FieldValue? = nil,
        get: String? = nil, preset: Preset? = nil, replies: ReplyPolicy = ReplyPolicy()
    ) {
        (self.path, self.addresses, self.configuration) = (path, addresses, configuration)
        (self.preset, self.replies) = (preset, replies)
        switch preset {
        case .dns: (self.type, self.get) = (MediaType.dnsMessage, "dns")
        case nil: (self.type, self.get) = (type, get)
        }
    }

    /// The gateway's own paths, and the reserved ones.
    package static let reservedPaths = RouteTable.ownPaths

    /// Whether the text can name the payload's parameter: a query needs no escapes for it, and `as` is another
    /// parameter.
    package static func isParameter(_ text: String) -> Bool {
        !text.isEmpty && text != "as" && text.utf8.allSatisfy(isUnreserved)
    }

    /// Whether the text can be a service's path: segments of letters, digits and `-._~`, none of them empty or of dots
    /// alone.
    ///
    /// Such a path has one spelling (RFC 3986 6.2.2), so that the router compares it byte by byte.
    package static func isPath(_ text: String) -> Bool {
        if text == "/" { return true }
        guard text.utf8.first == UInt8(ascii: "/") else { return false }
        return text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).allSatisfy { segment in
            segment.contains { $0 != "." } && segment.utf8.allSatisfy(isUnreserved)
        }
    }

    /// RFC 3986 2.3.
    private static func isUnreserved(_ byte: UInt8) -> Bool { byte.isAlphanumeric || "-._~".utf8.contains(byte) }
}
