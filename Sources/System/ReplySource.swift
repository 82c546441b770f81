internal import CLinux
internal import Glibc

/// The destination address of a received datagram, which its reply comes from (cmsg(3)).
public struct ReplySource: Hashable, Sendable {
    /// A control message ready for sending.
    private let message: [UInt8]

    /// Takes the address from a received message, and changes that message.
    init?(_ header: inout msghdr) {
        unsafe DatagramControl.turnAround(&header)
        unsafe self.init(ofReply: header)
    }

    /// Takes the address from a reply, whose message has been turned around already.
    init?(ofReply header: msghdr) {
        guard let control = unsafe header.msg_control, unsafe header.msg_controllen >= MemoryLayout<cmsghdr>.size else {
            return nil
        }
        // Only the first message counts; its padding may hold bytes of earlier calls.
        let length = unsafe min(control.load(as: cmsghdr.self).cmsg_len, header.msg_controllen)
        message = unsafe Array(UnsafeRawBufferPointer(start: control, count: Int(length)))
    }

    /// The address that the reply to a peer comes from, with this port; nil where the kernel chooses.
    public func address(towards peer: SocketAddress, port: UInt16) -> SocketAddress? {
        unsafe withMessage { unsafe DatagramControl.address(in: $0, ofReply: true, peer, port) }
    }

    /// Lends the control message to a system call.
    func withMessage<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        unsafe message.span.bytes.withUnsafeBytes { unsafe body($0) }
    }
}

/// The control messages that tell the destination address of a received datagram (cmsg(3)).
enum DatagramControl {
    /// Room for both messages of a datagram that came over IPv4 to an IPv6 socket: 40 and 32 bytes.
    static let room = 128

    /// The address in the first control message, in the form of the peer's: the destination of the datagram, or behind
    /// ``turnAround(_:)`` the source of its reply.
    ///
    /// ip(7): `ipi_spec_dst` and `ipi_addr` are the second and the third four bytes of `struct in_pktinfo`. A datagram
    /// over IPv4 to an IPv6 socket has the message of IPv6 first.
    static func address(
        in control: UnsafeRawBufferPointer, ofReply: Bool, _ peer: SocketAddress, _ port: UInt16
    ) -> SocketAddress? {
        let size = MemoryLayout<cmsghdr>.size
        guard control.count >= size else { return nil }
        let isIPv6 = unsafe control.load(as: cmsghdr.self).cmsg_level == Int32(IPPROTO_IPV6)
        let start = size + (isIPv6 ? 0 : ofReply ? 4 : 8)
        guard control.count >= start + (isIPv6 ? 20 : 4) else { return nil }
        let mapping = peer.isIPv6 && !isIPv6 ? SocketAddress.mapping : []
        var address = unsafe SocketAddress(mapping + control[start..<start + (isIPv6 ? 16 : 4)], port: port)
        if address.lacksInterface {
            address.interface = unsafe control.loadUnaligned(fromByteOffset: start + 16, as: UInt32.self)
        }
        return address.isWildcard ? nil : address
    }

    /// Turns a received message's control data into that of its reply: the reply leaves from the address that the
    /// request came to.
    ///
    /// ip(7), IP_PKTINFO: on sending, `ipi_spec_dst` is the source address and a non-zero `ipi_ifindex` the outgoing
    /// interface; a reply may leave by another interface than the one its request came in by. For a datagram to a group
    /// or to a broadcast address the kernel has put an address of the machine into `ipi_spec_dst`.
    ///
    /// Call it once: of a group's message only the interface is left, which a second call would take away.
    static func turnAround(_ header: inout msghdr) {
        guard let control = unsafe header.msg_control else { return }
        let end = unsafe Int(header.msg_controllen)
        var offset = 0
        while offset + MemoryLayout<cmsghdr>.size <= end {
            let message = unsafe control + offset
            let kind = unsafe message.load(as: cmsghdr.self)
            let length = Int(kind.cmsg_len)
            guard length >= MemoryLayout<cmsghdr>.size, offset + length <= end else { return }
            if kind.cmsg_level == Int32(IPPROTO_IP), kind.cmsg_type == Int32(IP_PKTINFO) {
                let info = unsafe (message + MemoryLayout<cmsghdr>.size).assumingMemoryBound(to: in_pktinfo.self)
                unsafe info.pointee.ipi_ifindex = 0
                // An IPv6 socket gets both messages; the other one has the address from the datagram's header.
                unsafe header.msg_control = message
                unsafe header.msg_controllen = length
                return
            }
            if kind.cmsg_level == Int32(IPPROTO_IPV6), kind.cmsg_type == Int32(IPV6_PKTINFO) {
                unsafe turnAround(version6: message + MemoryLayout<cmsghdr>.size)
            }
            // CMSG_ALIGN of cmsg(3): to the size of a size_t.
            offset += (length + 7) & ~7
        }
    }

    /// Does the same with `struct in6_pktinfo`: 16 bytes of address and the number of the interface (RFC 3542 6.1).
    private static func turnAround(version6 info: UnsafeMutableRawPointer) {
        let first = unsafe info.load(as: UInt8.self)
        let isGroup = first == 0xFF
        let isLinkLocal = unsafe first == 0xFE && info.load(fromByteOffset: 1, as: UInt8.self) & 0xC0 == 0x80
        // A group cannot be a source address; for zeros the kernel takes an address of the interface (RFC 4291 2.7).
        if isGroup { unsafe info.initializeMemory(as: UInt8.self, repeating: 0, count: 16) }
        // A link-local address means nothing without its interface.
        if !isGroup, !isLinkLocal { unsafe info.storeBytes(of: 0, toByteOffset: 16, as: UInt32.self) }
    }
}
