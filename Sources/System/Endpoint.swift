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
