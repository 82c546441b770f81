internal import CLinux
internal import Glibc

/// A failed name look-up (getaddrinfo(3)).
public struct ResolverError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The endpoint of the look-up.
    public let endpoint: Endpoint
    /// Whether no name server answered in time, so that a later try may succeed.
    public let isTemporary: Bool
    /// The C library's words, such as "Name or service not known".
    public let reason: String

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
        return ResolverError(endpoint: endpoint, isTemporary: status == EAI_AGAIN, reason: reason)
    }
}
