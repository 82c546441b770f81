/// Where a stream socket listens.
public enum ListenAddress: Equatable, Sendable, CustomStringConvertible {
    /// At an address and a port.
    case internet(SocketAddress)
    /// At a path of the file system (unix(7)); empty where the socket has none.
    case unix(String)

    /// The address and port; nil where it is neither.
    public var socketAddress: SocketAddress? {
        if case .internet(let address) = self { address } else { nil }
    }

    /// The port; 0 where there is none.
    public var port: UInt16 { socketAddress?.port ?? 0 }

    /// Whether it is at an address that nothing but this machine reaches, browsers among that.
    public var isLoopback: Bool { socketAddress?.isLoopback ?? false }

    /// "127.0.0.1:8080", "[::1]:8080" or "unix:/run/letterbox.sock".
    public var description: String {
        switch self {
        case .internet(let address): "\(address)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// How it is written for HTTP: "http://127.0.0.1:8080" or "unix:/run/letterbox.sock".
    public var url: String { socketAddress.map { "http://\($0)" } ?? description }
}
