internal import CLinux
internal import Glibc

/// What the network reports of datagrams that did not arrive (ICMP).
extension DatagramSocket {
    /// Asks the kernel to report unreachable hosts and networks, too; by itself it tells a UDP socket of refusals alone
    /// (ip(7), IP_RECVERR).
    ///
    /// Each report then waits in a queue besides failing the next call: after a failed call, call `dropReports()`.
    public func hearReports(about remote: SocketAddress) throws(SystemError) {
        if remote.isIPv6 {
            try descriptor.set(Int32(IPV6_RECVERR), at: Int32(IPPROTO_IPV6))
        } else {
            try descriptor.set(Int32(IP_RECVERR), at: Int32(IPPROTO_IP))
        }
    }

    /// Throws the waiting reports away and tells how many there were (recv(2), MSG_ERRQUEUE).
    @discardableResult
    public func dropReports() -> Int {
        var count = 0
        // The kernel bounds the queue; so does this, against reports that come as fast as they are dropped.
        while count < 1024 {
            var scrap: UInt8 = 0
            let length = try? callUnlessBlocked { unsafe recv(descriptor.number, &scrap, 1, Int32(MSG_ERRQUEUE)) }
            guard length != nil else { break }
            count += 1
        }
        return count
    }
}
