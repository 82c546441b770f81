internal import CLinux
internal import Glibc

/// Sockets for groups, for broadcast addresses, and for services that answer from other addresses.
extension DatagramSocket {
    /// Opens a socket without a peer: it receives from every sender and may send to groups and broadcast addresses
    /// (socket(7), SO_BROADCAST).
    ///
    /// - `remote`: the address to send to; its family decides between IPv4 and IPv6.
    /// - `hops`: the time to live of its datagrams, 1 to 255; the kernel's own default is 1 for a group.
    /// - `interface`: the name of the interface by which datagrams leave, which is looked up now; nil leaves it to
    ///   routing.
    public init(towards remote: SocketAddress, hops: Int? = nil, interface: String? = nil) throws(SystemError) {
        var descriptor = try Self.openUnconnected(for: remote)
        // A socket with the remote port would hear itself where the remote host is this one; see ``init(connectedTo:)``.
        if try descriptor.localAddress().port == remote.port { descriptor = try Self.openUnconnected(for: remote) }
        try descriptor.set(SO_BROADCAST, at: SOL_SOCKET)
        if let hops { try descriptor.setHops(Int32(hops), isIPv6: remote.usesIPv6) }
        if let interface { _ = try descriptor.setInterface(named: interface, towards: remote) }
        self.init(owning: descriptor)
    }

    /// Opens a socket at a port of the kernel's choice, on every address.
    private static func openUnconnected(for remote: SocketAddress) throws(SystemError) -> Descriptor {
        let descriptor = try Descriptor(for: remote, SOCK_DGRAM)
        try descriptor.bind(to: remote.wildcard)
        return descriptor
    }

    /// The source of this socket's datagrams to an address, by the current routes (connect(2)).
    public func source(towards remote: SocketAddress) throws(SystemError) -> SocketAddress {
        let probe = try Self.probe(towards: remote)
        var source = try probe.localAddress()
        source.port = try localAddress().port
        return source
    }

    /// Opens a socket that has the route of datagrams from ``init(towards:hops:interface:)``, for questions to the kernel.
    static func probe(towards remote: SocketAddress, interface: String? = nil) throws(SystemError) -> Descriptor {
        let descriptor = try Descriptor(for: remote, SOCK_DGRAM)
        try descriptor.set(SO_BROADCAST, at: SOL_SOCKET)
        var remote = remote
        if let interface {
            let number = try descriptor.setInterface(named: interface, towards: remote)
            // Only sendto(2) takes the option's interface for an address of a link; connect(2) fails (EINVAL).
            if remote.lacksInterface { remote.interface = number }
        }
        try connect(descriptor, to: remote)
        return descriptor
    }

    /// Takes the first waiting datagram into a part of an array, and returns its length and sender; nil when none
    /// waits.
    ///
    /// A datagram longer than the room is cut (recv(2), MSG_TRUNC).
    public func receiveFrom(
        into bytes: inout [UInt8], _ room: Range<Int>
    ) throws(SystemError) -> (length: Int, sender: SocketAddress)? {
        try attempt(.receive) { () throws(ErrorNumber) -> (Int, SocketAddress)? in
            var length: Int?
            let sender = try unsafe SocketAddress { (pointer, size) throws(ErrorNumber) in
                length = try unsafe bytes.withMutableBytes(in: room) { room throws(ErrorNumber) -> Int? in
                    try callUnlessBlocked {
                        unsafe recvfrom(
                            descriptor.number, room.baseAddress, room.count, Int32(MSG_TRUNC), pointer, size)
                    }
                }
            }
            guard let length, let sender else { return nil }
            return (length, sender)
        }
    }
}

extension Descriptor {
    /// Sets the hops of datagrams to groups, and those of all others, broadcasts among them (ip(7), IP_MULTICAST_TTL and
    /// IP_TTL; ipv6(7), IPV6_MULTICAST_HOPS and IPV6_UNICAST_HOPS).
    fileprivate func setHops(_ hops: Int32, isIPv6: Bool) throws(SystemError) {
        let (level, names) =
            isIPv6
            ? (Int32(IPPROTO_IPV6), [Int32(IPV6_MULTICAST_HOPS), Int32(IPV6_UNICAST_HOPS)])
            : (Int32(IPPROTO_IP), [Int32(IP_MULTICAST_TTL), Int32(IP_TTL)])
        for name in names { try set(name, at: level, to: hops) }
    }

    /// Sets the interface by its name, and returns its number.
    fileprivate func setInterface(named name: String, towards remote: SocketAddress) throws(SystemError) -> UInt32 {
        guard let number = NetworkInterface.number(named: name) else {
            throw SystemError(.configure, remote, ErrorNumber(ENODEV))
        }
        try setInterface(number, isIPv6: remote.usesIPv6)
        return number
    }

    /// Sets the interface of datagrams to groups, and of those to which no route points, as 255.255.255.255
    /// (linux/in.h, IP_UNICAST_IF, whose number is in network byte order).
    fileprivate func setInterface(_ number: UInt32, isIPv6: Bool) throws(SystemError) {
        let swapped = Int32(bitPattern: number.bigEndian)
        if isIPv6 {
            try set(Int32(IPV6_MULTICAST_IF), at: Int32(IPPROTO_IPV6), to: Int32(bitPattern: number))
            try set(Int32(IPV6_UNICAST_IF), at: Int32(IPPROTO_IPV6), to: swapped)
            return
        }
        try set(Int32(IP_UNICAST_IF), at: Int32(IPPROTO_IP), to: swapped)
        try attempt(.configure) { () throws(ErrorNumber) in
            var request = ip_mreqn()
            request.imr_ifindex = Int32(bitPattern: number)
            _ = try call {
                unsafe setsockopt(
                    self.number, Int32(IPPROTO_IP), Int32(IP_MULTICAST_IF), &request,
                    socklen_t(MemoryLayout<ip_mreqn>.size))
            }
        }
    }
}

/// The machine's network interfaces.
public enum NetworkInterface {
    /// The number of the interface with this name, such as "eth0" (if_nametoindex(3)); nil where there is none.
    public static func number(named name: String) -> UInt32? {
        let number = unsafe if_nametoindex(name)
        return number == 0 ? nil : number
    }
}

extension SocketAddress {
    /// Whether both addresses have the same host; ports do not count.
    public func isSameHost(as other: SocketAddress) -> Bool {
        var other = other
        other.port = port
        return self == other
    }

    /// Whether the address is a group's (RFC 1112 4, RFC 4291 2.7), or means every host of the link (RFC 919 7).
    ///
    /// The broadcast address of a network, such as 192.0.2.255, cannot be told without that network's mask.
    public var isForMany: Bool {
        let bytes = bytes
        return bytes.count == 16
            ? bytes[0] == 0xFF : (224...239).contains(bytes[0]) || bytes.allSatisfy { $0 == 0xFF }
    }

    /// Whether the address is one host's on a link that it does not name: an interface has to, as in "fe80::1%eth0"
    /// (RFC 4007 6).
    public var lacksInterface: Bool {
        let bytes = bytes
        return bytes.count == 16 && bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80 && interface == 0
    }
}
