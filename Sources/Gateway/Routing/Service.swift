package import HTTP
package import System

/// A UDP service as the operator describes it: the path that names it, where it is, and how it is asked.
package struct Service: Sendable {
    /// The path that requests for it have; `/` is the service of the page.
    package let path: String
    /// What the operator wrote of it: two services with the same text are the same.
    package var text = ""
    /// Where it is when the gateway starts.
    package var addresses: [SocketAddress]
    /// Its own settings; what concerns the gateway as a whole is the same in those of all services.
    package let configuration: Configuration
    /// The media type of its replies; nil for plain text.
    package let type: FieldValue?
    /// Which replies its callers get.
    package let replies: ReplyPolicy
    /// The parameter of a query in which GET may carry a letter; nil where GET is no letter.
    package let get: String?
    /// What is known of its protocol, if anything.
    package let preset: Preset?

    /// A protocol whose way over HTTP has a specification.
    package enum Preset: String, CaseIterable, Sendable {
        /// DNS queries over HTTPS (RFC 8484).
        case dns
    }

    /// A service of a known protocol, whose type and parameter are those of the specification.
    package init(
        path: String, addresses: [SocketAddress], configuration: Configuration, preset: Preset,
        replies: ReplyPolicy = ReplyPolicy()
    ) {
        switch preset {
        case .dns: (type, get) = (MediaType.dnsMessage, "dns")
        }
        self.replies = replies
        (self.path, self.addresses, self.configuration, self.preset) = (path, addresses, configuration, preset)
    }

    /// Describes a service.
    package init(
        path: String, addresses: [SocketAddress], configuration: Configuration, type: FieldValue? = nil,
        get: String? = nil, replies: ReplyPolicy = ReplyPolicy()
    ) {
        self.replies = replies
        self.path = path
        self.addresses = addresses
        self.configuration = configuration
        self.type = type
        self.get = get
        preset = nil
    }

    /// The paths that the gateway answers itself, and those that are kept for it.
    package static let reservedPaths: Set<String> = ["/form", "/healthz", "/lab", "/metrics", "/readyz", "/services"]

    /// Whether the text can name the parameter with a letter: it is written in a query as it is, and `as` is another one.
    package static func isParameter(_ text: String) -> Bool {
        !text.isEmpty && text != "as" && text.utf8.allSatisfy(isUnreserved)
    }

    /// Whether the text can name a service: segments of letters, digits and `-._~`, none of them empty or of dots alone.
    ///
    /// Such a path has one spelling (RFC 3986 6.2.2), and requests are compared with it byte by byte.
    package static func isPath(_ text: String) -> Bool {
        if text == "/" { return true }
        guard text.utf8.first == UInt8(ascii: "/") else { return false }
        return text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).allSatisfy { segment in
            segment.contains { $0 != "." } && segment.utf8.allSatisfy(isUnreserved)
        }
    }

    /// RFC 3986 2.3.
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
