internal import CLinux
internal import Glibc

/// A failed name look-up (getaddrinfo(3)).
public struct ResolverError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The endpoint of the look-up.
    public let endpoint: Endpoint
    /// The reason, such as the C library's "Name or service not known".
    public let reason: String

    /// The failure of a look-up.
    public init(endpoint: Endpoint, reason: String) { (self.endpoint, self.reason) = (endpoint, reason) }

    /// One line that names the host and the reason.
    public var description: String { "cannot resolve \(endpoint.host): \(reason)" }
}

/// Turns names into addresses.
///
/// A look-up blocks: call it away from an event loop.
public enum Resolver {
    /// All addresses of the endpoint, in the order of preference of RFC 6724; never empty.
    ///
    /// Throws when the name has no address or no name server answers.
    public static func resolve(_ endpoint: Endpoint) throws(ResolverError) -> [SocketAddress] {
        if let literal = endpoint.literal { return [literal] }
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        unsafe hints.ai_flags = AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(endpoint.host, String(endpoint.port), &hints, &list)
        guard status == 0 else { throw failure(endpoint, status) }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            if let address = unsafe SocketAddress(copying: entry.pointee.ai_addr), !addresses.contains(address) {
                addresses.append(address)
            }
            unsafe next = entry.pointee.ai_next
        }
        guard !addresses.isEmpty else { throw failure(endpoint, EAI_NONAME) }
        return addresses
    }

    private static func failure(_ endpoint: Endpoint, _ status: Int32) -> ResolverError {
        let reason =
            unsafe status == EAI_SYSTEM ? ErrorNumber.current.description : String(cString: gai_strerror(status))
        return ResolverError(endpoint: endpoint, reason: reason)
    }
}

/// A host, by name or address, and a port, as a person writes them: "localhost:12000", "[::1]:53".
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    /// A name or a numeric address, without brackets.
    public let host: String
    /// The port, 0 to 65,535.
    public let port: UInt16

    /// Names a host and a port.
    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads "HOST:PORT" or "[IPv6]:PORT"; nil when the host is empty or the port is not 0 to 65,535.
    public init?(_ text: String) {
        // `UInt16` would take a sign as well.
        guard let colon = text.lastIndex(of: ":"), text[text.index(after: colon)...].allSatisfy(\.isNumber),
            let port = UInt16(text[text.index(after: colon)...])
        else { return nil }
        var host = text[..<colon]
        let hasBrackets = host.hasPrefix("[") && host.hasSuffix("]")
        if hasBrackets { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, hasBrackets == host.contains(":"), !host.contains(where: { "[]".contains($0) }) else {
            return nil
        }
        self.init(host: String(host), port: port)
    }

    /// The address, where the host is one and not a name.
    public var literal: SocketAddress? { SocketAddress(host, port: port) }

    /// The text that the endpoint was read from.
    public var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
