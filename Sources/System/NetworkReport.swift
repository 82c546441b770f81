internal import CLinux
internal import Glibc

/// A report of the network or of this host about a datagram that did not arrive (ip(7), IP_RECVERR).
public struct NetworkReport: Equatable, Sendable {
    /// The sender of a report.
    public enum Origin: Sendable {
        /// This host: a route, a filter or an interface of its own.
        case local
        /// A router or the other host, by ICMP or ICMPv6.
        case network
    }

    /// The error that the report stands for.
    public let reason: ErrorNumber
    /// The report's sender.
    public let origin: Origin
    /// The address that the datagram was for.
    public let peer: SocketAddress?
}

extension DatagramSocket {
    /// Takes the first waiting report; nil when there is none (recv(2), MSG_ERRQUEUE).
    public func takeReport() -> NetworkReport? {
        var report = clinux_report()
        var storage = sockaddr_storage()
        guard unsafe clinux_take_report(descriptor.number, &report, &storage) == 0 else { return nil }
        let peer = unsafe withUnsafePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe SocketAddress(copying: $0) }
        }
        // linux/errqueue.h: 2 is SO_EE_ORIGIN_ICMP, 3 is SO_EE_ORIGIN_ICMP6.
        let isICMP = report.origin == 2 || report.origin == 3
        return NetworkReport(
            reason: ErrorNumber(Int32(report.error)), origin: isICMP ? .network : .local, peer: peer)
    }
}
