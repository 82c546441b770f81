internal import CLinux
internal import Glibc

/// A listening stream socket, of TCP or of the Unix domain.
public struct StreamListener: ~Copyable, Sendable {
    /// The open socket, for the event loop.
    public let descriptor: Descriptor
    /// The address it listens at, with the port that the kernel chose for port 0.
    public let address: ListenAddress

    /// Whether another process shares the socket and keeps it beyond this one's end.
    public let isInherited: Bool
    /// The file to remove at the end; an inherited socket's file belongs to another process.
    private let file: UnixSocketFile?

    /// Takes over a non-blocking listening socket that another process shares.
    public init(inheriting entry: InheritedListeners.Entry) throws(SystemError) {
        let descriptor = Descriptor(owning: entry.number)
        let isLocal = socketOption(SO_DOMAIN, of: descriptor.number) == AF_UNIX
        address = isLocal ? .unix(UnixAddress.path(of: descriptor)) : .internet(try descriptor.localAddress())
        if !isLocal { Self.sendAtOnce(descriptor) }
        self.descriptor = descriptor
        isInherited = true
        file = nil
    }

    /// Takes over a socket that listens at a path.
    init(_ descriptor: consuming Descriptor, _ file: consuming UnixSocketFile) {
        address = .unix(UnixAddress.path(of: descriptor))
        self.descriptor = descriptor
        self.file = .some(file)
        isInherited = false
    }

    /// Listens on an address (socket(2), bind(2), listen(2)).
    ///
    /// - `backlog`: the most connections that may wait to be accepted; the kernel caps it at `net.core.somaxconn`.
    public init(on address: SocketAddress, backlog: Int32 = 4096) throws(SystemError) {
        let descriptor = try Self.bound(to: address)
        Self.sendAtOnce(descriptor)
        try attempt(.listen, address) { () throws(ErrorNumber) in _ = try call { listen(descriptor.number, backlog) } }
        self.address = .internet(try descriptor.localAddress())
        self.descriptor = descriptor
        isInherited = false
        file = nil
    }

    /// Opens a socket that has the address and does not listen yet.
    static func bound(to address: SocketAddress) throws(SystemError) -> Descriptor {
        let descriptor = try Descriptor(for: address, SOCK_STREAM)
        // Connections of a former run may still be in TIME_WAIT; with the option they do not hold the port (ip(7)).
        try descriptor.set(SO_REUSEADDR, at: SOL_SOCKET)
        try descriptor.bind(to: address)
        return descriptor
    }

    /// Lets small responses leave at once: Nagle's algorithm is off (tcp(7), TCP_NODELAY).
    ///
    /// Linux copies the listener's option into each accepted socket, which saves a call for each connection.
    private static func sendAtOnce(_ listener: borrowing Descriptor) {
        // A protocol that refuses the option has no such delay, or has to be borne.
        try? listener.set(Int32(TCP_NODELAY), at: Int32(IPPROTO_TCP))
    }

    /// Refuses new connections, where the kernel can do that; those whose handshake is under way complete.
    ///
    /// A client that tries meanwhile gets no answer, and tries again after a second (RFC 6298 2.1).
    public func ignoreNewConnections() {
        guard !isInherited else { return }
        switch file {
        // Without its path the socket cannot be reached; unix(7) has no handshake.
        case .some(let file): file.remove()
        case .none: _ = clinux_drop_connection_requests(descriptor.number)
        }
    }

    /// Stops listening: the kernel refuses new connections and those that wait in the queue (shutdown(2)).
    ///
    /// An inherited socket goes on listening: the connections in its queue belong to the next process.
    public func stop() {
        guard !isInherited else { return }
        switch file {
        case .some(let file): file.remove()
        case .none: break
        }
        _ = shutdown(descriptor.number, Int32(SHUT_RDWR))
    }

    /// Takes one connection off the queue; nil when none waits (accept4(2)).
    public func accept() throws(SystemError) -> StreamSocket? {
        let flags = Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        // Later the address may be gone, with a client that has reset the connection (getpeername(2), ENOTCONN).
        var number: Int32?
        let peer = try attempt(.accept, address.socketAddress) { () throws(ErrorNumber) in
            try unsafe SocketAddress { (address, length) throws(ErrorNumber) in
                number = try callUnlessBlocked { unsafe accept4(descriptor.number, address, length, flags) }
            }
        }
        guard let number else { return nil }
        return StreamSocket(owning: number, peer: peer)
    }
}

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
