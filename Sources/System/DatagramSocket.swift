internal import CLinux
internal import Glibc

/// A non-blocking UDP socket.
public struct DatagramSocket: ~Copyable, Sendable {
    /// The longest payload that fits a UDP datagram over IPv4: 65,535 less 20 bytes of IP and 8 of UDP.
    public static let maximumPayload = 65_507

    /// The receive queue, in bytes, of a socket that many clients write to.
    static let queueLength: Int32 = 4 << 20

    /// The open socket, for the event loop.
    public let descriptor: Descriptor
    /// Whether received datagrams carry their destination address, which a reply must come from.
    let knowsDestination: Bool

    /// Opens a socket at an address: the server's side (socket(2), bind(2)).
    ///
    /// - `sharingPort`: whether the port may be that of sockets which share theirs, see `sharePort()`.
    public init(boundTo address: SocketAddress, sharingPort: Bool = false) throws(SystemError) {
        let descriptor = try Descriptor(for: address, SOCK_DGRAM)
        if sharingPort { try descriptor.set(SO_REUSEPORT, at: SOL_SOCKET) }
        // A socket on every address would reply from the address that routing prefers, which may be another than the
        // client knows; the kernel tells the destination on request (ip(7), IP_PKTINFO; ipv6(7), IPV6_RECVPKTINFO).
        let knowsDestination = address.isWildcard
        if knowsDestination {
            if address.isIPv6 { try descriptor.set(Int32(IPV6_RECVPKTINFO), at: Int32(IPPROTO_IPV6)) }
            // An IPv6 socket hears IPv4, too, and only this option tells the source address for a reply to a broadcast.
            try descriptor.set(Int32(IP_PKTINFO), at: Int32(IPPROTO_IP))
        }
        // A burst waits in the queue; the kernel caps its length at net.core.rmem_max.
        try? descriptor.set(SO_RCVBUF, at: SOL_SOCKET, to: Self.queueLength)
        try descriptor.allowFragments(isIPv6: address.isIPv6)
        try descriptor.bind(to: address)
        self.descriptor = descriptor
        self.knowsDestination = knowsDestination
    }

    /// Opens a socket that sends to one address and hears only that address: the client's side (connect(2)).
    ///
    /// The kernel drops datagrams of all other senders and reports an ICMP "port unreachable" as a refusal (udp(7)).
    /// Call `dropStrangers()` before the first reply is taken.
    public init(connectedTo remote: SocketAddress) throws(SystemError) {
        var descriptor = try Self.connect(to: remote)
        // Where no socket has the remote port, the kernel may choose that very port for this socket, and it would hear
        // itself. It stays open until the next socket has another port.
        if try descriptor.localAddress().port == remote.port { descriptor = try Self.connect(to: remote) }
        self.descriptor = descriptor
        knowsDestination = false
    }

    /// Takes over a socket that has neither an address of its own nor a peer.
    init(owning descriptor: consuming Descriptor) {
        self.descriptor = descriptor
        knowsDestination = false
    }

    private static func connect(to remote: SocketAddress) throws(SystemError) -> Descriptor {
        let descriptor = try Descriptor(for: remote, SOCK_DGRAM)
        try connect(descriptor, to: remote)
        return descriptor
    }

    static func connect(_ descriptor: borrowing Descriptor, to remote: SocketAddress) throws(SystemError) {
        let number = descriptor.number
        try attempt(.connect, remote) { () throws(ErrorNumber) in
            _ = try call { unsafe remote.withSocketAddress { unsafe Glibc.connect(number, $0, $1) } }
        }
    }

    /// Lets further sockets of this program share the port; the kernel spreads the senders over them (socket(7),
    /// SO_REUSEPORT).
    ///
    /// The socket must have its port already. With the option set before bind(2), the port might be one that another
    /// program shares among its sockets, and each program would take the other's datagrams.
    public func sharePort() throws(SystemError) {
        try descriptor.set(SO_REUSEPORT, at: SOL_SOCKET)
    }

    /// The socket's own address, with the port that the kernel chose for port 0 (getsockname(2)).
    public func localAddress() throws(SystemError) -> SocketAddress {
        try descriptor.localAddress()
    }

    /// The peer's address in the kernel's form: the wildcard has become the loopback address (getpeername(2)).
    public func peerAddress() throws(SystemError) -> SocketAddress {
        try descriptor.peerAddress()
    }

    /// Sends one datagram over a connected socket; false means that the kernel has no room yet (send(2)).
    public func send(_ datagram: Span<UInt8>) throws(SystemError) -> Bool {
        try attempt(.send) { () throws(ErrorNumber) in
            try callUnlessBlocked {
                unsafe datagram.withUnsafeBytes {
                    unsafe clinux_send(descriptor.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
            }
        } != nil
    }
}

extension DatagramSocket {
    /// Takes the first waiting datagram into a part of an array and returns its length; nil when none waits.
    ///
    /// A datagram longer than the room is cut (recv(2), MSG_TRUNC).
    public func receive(into bytes: inout [UInt8], _ room: Range<Int>) throws(SystemError) -> Int? {
        let number = descriptor.number
        return try attempt(.receive) { () throws(ErrorNumber) in
            try callUnlessBlocked {
                unsafe bytes.withMutableBytes(in: room) {
                    unsafe clinux_recv(number, $0.baseAddress, $0.count, Int32(MSG_TRUNC))
                }
            }
        }
    }

    /// Drops waiting datagrams of other senders, up to the peer's first one, and returns their number.
    ///
    /// A socket has its port a moment before it has its peer. A datagram that comes to the port meanwhile may enter the
    /// queue even a moment later. It matters for a socket's first exchange, and for no other.
    public func dropStrangers() throws(SystemError) -> Int {
        let peer = try peerAddress()
        var count = 0
        try attempt(.receive) { () throws(ErrorNumber) in
            while let sender = try firstSender(), sender != peer {
                var discarded: UInt8 = 0
                _ = try callUnlessBlocked { unsafe recv(descriptor.number, &discarded, 1, 0) }
                count += 1
            }
        }
        return count
    }

    /// The sender of the first waiting datagram; nil when none waits.
    private func firstSender() throws(ErrorNumber) -> SocketAddress? {
        var isThere = false
        let sender = try unsafe SocketAddress { (pointer, length) throws(ErrorNumber) in
            var discarded: UInt8 = 0
            isThere =
                try callUnlessBlocked {
                    unsafe recvfrom(descriptor.number, &discarded, 1, Int32(MSG_PEEK), pointer, length)
                } != nil
        }
        return isThere ? sender : nil
    }

    /// The datagrams and errors that a drain has dropped.
    public struct Drained {
        /// The length of each datagram.
        public var lengths: [Int] = []
        /// The first 32 bytes of each, where the caller asked for them.
        public var beginnings: [[UInt8]] = []
        /// The number of reported errors.
        public var errors = 0
        /// The number of datagrams.
        public var datagrams: Int { lengths.count }
    }

    /// Drops all waiting datagrams and reported errors, and returns their counts.
    ///
    /// - `keepsBeginnings`: whether to return the first bytes of each datagram as well.
    public func drain(keepingBeginnings keepsBeginnings: Bool = false) -> Drained {
        var found = Drained(errors: dropReports())
        var room: InlineArray<32, UInt8> = .init(repeating: 0)
        // Reading an error clears it (socket(7), SO_ERROR), so the loop ends; the bound holds against a flood.
        for _ in 0..<1024 {
            do {
                // MSG_TRUNC: the call returns the datagram's length, not that of the room (recv(2)).
                let length = try callUnlessBlocked {
                    unsafe recv(descriptor.number, &room, room.count, Int32(MSG_TRUNC))
                }
                guard let length else { break }
                found.lengths.append(length)
                if keepsBeginnings { found.beginnings.append((0..<min(length, room.count)).map { room[$0] }) }
            } catch {
                found.errors += 1
            }
        }
        return found
    }
}

/// Reports of the network about datagrams that did not arrive (ICMP).
extension DatagramSocket {
    /// Asks the kernel for reports of unreachable hosts and networks, too; by default a UDP socket gets refusals alone
    /// (ip(7), IP_RECVERR).
    ///
    /// Each report then waits in a queue as well as failing the next call: after a failed call, call `dropReports()`.
    public func enableReports(about remote: SocketAddress) throws(SystemError) {
        if remote.usesIPv6 {
            try descriptor.set(Int32(IPV6_RECVERR), at: Int32(IPPROTO_IPV6))
        } else {
            try descriptor.set(Int32(IP_RECVERR), at: Int32(IPPROTO_IP))
        }
    }

    /// Drops the waiting reports and returns their number (recv(2), MSG_ERRQUEUE).
    @discardableResult
    public func dropReports() -> Int {
        var count = 0
        // The kernel bounds the queue; this bound holds against reports that come as fast as they are dropped.
        while count < 1024 {
            var discarded: UInt8 = 0
            let length = try? callUnlessBlocked { unsafe recv(descriptor.number, &discarded, 1, Int32(MSG_ERRQUEUE)) }
            guard length != nil else { break }
            count += 1
        }
        return count
    }
}
