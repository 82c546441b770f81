/// An address that a stream socket listens at.
public enum ListenAddress: Equatable, Sendable, CustomStringConvertible {
    /// An address and a port.
    case internet(SocketAddress)
    /// A path of the file system (unix(7)); empty where the socket has none.
    case unix(String)

    /// The address and port; nil for a path.
    public var socketAddress: SocketAddress? {
        if case .internet(let address) = self { address } else { nil }
    }

    /// The port; 0 for a path.
    public var port: UInt16 { socketAddress?.port ?? 0 }

    /// Whether only this machine can reach the address; its browsers can.
    public var isLoopback: Bool { socketAddress?.isLoopback ?? false }

    /// "127.0.0.1:8080", "[::1]:8080" or "unix:/run/letterbox.sock".
    public var description: String {
        switch self {
        case .internet(let address): "\(address)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// The form for HTTP: "http://127.0.0.1:8080" or "unix:/run/letterbox.sock".
    public var url: String { socketAddress.map { "http://\($0)" } ?? description }
}
