internal import CLinux
internal import Glibc

/// Datagrams that are longer than a link on their path takes.
extension DatagramSocket {
    /// Lets the network fragment datagrams instead of reporting their length to the sender, who has no second one to
    /// send.
    ///
    /// By default Linux forbids routers to fragment; a router with a smaller link drops the datagram and reports it
    /// (RFC 1191), which helps only the next datagram. Over IPv4 the prohibition goes, and the socket ignores such
    /// reports, which strangers can forge (IP_PMTUDISC_OMIT, linux/in.h). Over IPv6 no router fragments, so the kernel
    /// makes fragments that each link must take, as RFC 3542 11.1 has it for servers that send one reply; but Linux
    /// does so only with a datagram that is too long for the first link (IPV6_MTU, ipv6(7)).
    public func allowFragments(towards remote: SocketAddress) throws(SystemError) {
        try descriptor.allowFragments(isIPv6: remote.isIPv6)
    }
}

extension Descriptor {
    /// The least MTU of a link that IPv6 runs over, in bytes (RFC 8200 5).
    private static let smallestMTU: Int32 = 1280

    /// Sets the options by the family, for a socket under construction.
    func allowFragments(isIPv6: Bool) throws(SystemError) {
        if isIPv6 { try set(Int32(IPV6_MTU), at: Int32(IPPROTO_IPV6), to: Self.smallestMTU) }
        // An IPv6 socket may have IPv4 peers.
        try set(Int32(IP_MTU_DISCOVER), at: Int32(IPPROTO_IP), to: Int32(IP_PMTUDISC_OMIT))
    }
}
