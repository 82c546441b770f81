internal import CLinux
internal import Glibc

/// The kernel's current route to an address (ip(7), IP_MTU; ipv6(7), IPV6_MTU).
public struct Route: Sendable, Equatable {
    /// The source address of its datagrams.
    public let source: SocketAddress
    /// The longest packet that the route takes whole, headers included.
    public let mtu: Int

    /// Describes a known route.
    public init(source: SocketAddress, mtu: Int) { (self.source, self.mtu) = (source, mtu) }

    /// Asks the kernel about datagrams of a connected socket; no datagram leaves (connect(2)).
    public init(to remote: SocketAddress) throws(SystemError) {
        let socket = try DatagramSocket(connectedTo: remote)
        try self.init(of: socket.descriptor, to: remote)
    }

    /// Asks the kernel about datagrams of a socket that may send to broadcast addresses, too, by an interface if one is named.
    public init(towards remote: SocketAddress, interface: String? = nil) throws(SystemError) {
        let socket = try DatagramSocket.probe(towards: remote, interface: interface)
        try self.init(of: socket, to: remote)
    }

    private init(of socket: borrowing Descriptor, to remote: SocketAddress) throws(SystemError) {
        let (level, name) =
            remote.isIPv6 ? (Int32(IPPROTO_IPV6), Int32(IPV6_MTU)) : (Int32(IPPROTO_IP), Int32(IP_MTU))
        guard let mtu = socketOption(name, of: socket.number, at: level) else {
            throw SystemError(.configure, remote, .current)
        }
        self.init(source: try socket.localAddress(), mtu: Int(mtu))
    }

    /// The longest payload that the route takes whole: headers of IP take 20 or 40 bytes, that of UDP 8.
    public var payload: Int { min(DatagramSocket.maximumPayload, mtu - (source.usesIPv6 ? 48 : 28)) }
}
