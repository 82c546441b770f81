internal import CLinux
internal import Glibc

/// A report of the network or of this host about a datagram that did not arrive (ip(7), IP_RECVERR).
public struct NetworkReport: Equatable, Sendable {
    /// The sender of a report.
    public enum Origin: Sendable {
        /// This host: a route, a filter or an interface of its own, or a neighbour that it does not find (arp(7)).
        case local
        /// A router or the other host, by ICMP or ICMPv6.
        case network
    }

    /// The error that the report stands for.
    public let reason: ErrorNumber
    /// The address that the datagram was for.
    public let peer: SocketAddress?
    /// Whether a filter on the way forbids the datagram, which the error does not tell for IPv4.
    public let isProhibition: Bool
    /// The longest packet that the next link takes, where the datagram was too long.
    public let mtu: Int
    /// The beginning of the datagram, as far as the report has it.
    public let beginning: [UInt8]
    /// Whether the report is an ICMP message, and its sender.
    private let isICMP: Bool
    private let offender: SocketAddress?

    init(
        _ report: clinux_report, about peer: SocketAddress?, _ beginning: [UInt8], from offender: SocketAddress?
    ) {
        reason = ErrorNumber(Int32(report.error))
        // linux/errqueue.h: 2 is SO_EE_ORIGIN_ICMP, 3 is SO_EE_ORIGIN_ICMP6.
        isICMP = report.origin == 2 || report.origin == 3
        // RFC 1812 5.2.7.1: codes 9, 10 and 13 of "destination unreachable". For ICMPv6 the error is EACCES.
        isProhibition = report.origin == 2 && report.type == 3 && [9, 10, 13].contains(report.code)
        mtu = Int(report.mtu)
        (self.peer, self.beginning, self.offender) = (peer, beginning, offender)
    }

    /// The report's sender; the kernel is asked whether an ICMP message has come from this host.
    ///
    /// For a neighbour that it does not find, the kernel sends itself an ICMP message from an address of its own.
    public var origin: Origin {
        guard isICMP else { return .local }
        guard let offender, let peer, !offender.isSameHost(as: peer), offender.isOwn else { return .network }
        return .local
    }
}

extension SocketAddress {
    /// Whether it is an address of this machine: to such an address a datagram leaves from the same one.
    fileprivate var isOwn: Bool { (try? Route(to: self))?.source.isSameHost(as: self) ?? false }

    /// Copies an address that a system call has filled in; nil for a family other than IPv4 and IPv6.
    fileprivate init?(_ storage: borrowing sockaddr_storage) {
        let copy = unsafe withUnsafePointer(to: storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe SocketAddress(copying: $0) }
        }
        guard let copy else { return nil }
        self = copy
    }
}

extension DatagramSocket {
    /// Takes the first waiting report; nil when there is none (recv(2), MSG_ERRQUEUE).
    public func takeReport() -> NetworkReport? {
        var report = clinux_report()
        var (peer, offender) = (sockaddr_storage(), sockaddr_storage())
        var length = 0
        // Over IPv6 a report has 1,280 bytes at most (RFC 4443 2.4), and as much of the datagram as these have room for.
        let beginning = unsafe [UInt8](unsafeUninitializedCapacity: 1280) { room, count in
            length = unsafe clinux_take_report(
                descriptor.number, &report, &peer, &offender, room.baseAddress, room.count)
            count = max(length, 0)
        }
        guard length >= 0 else { return nil }
        return NetworkReport(report, about: SocketAddress(peer), beginning, from: SocketAddress(offender))
    }
}
