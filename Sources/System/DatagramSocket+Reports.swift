internal import CLinux
internal import Glibc

/// Reports of the network about datagrams that did not arrive (ICMP).
extension DatagramSocket {
    /// Asks the kernel for reports of unreachable hosts and networks, too; by default a UDP socket gets refusals alone
    /// (ip(7), IP_RECVERR).
    ///
    /// Each report then waits in a queue as well as failing the next call: after a failed call, call `dropReports()`.
    public func enableReports(about remote: SocketAddress) throws(SystemError) {
        if remote.isIPv6 {
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
