import Glibc

@testable import System

/// Sends UDP datagrams with a source port of its choice, and reports of the network, for which it needs CAP_NET_RAW (raw(7)).
struct RawSender {
    /// Whether this process may.
    static let isAllowed: Bool = {
        let number = socket(AF_INET, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), Int32(IPPROTO_UDP))
        if number >= 0 { close(number) }
        return number >= 0
    }()

    /// Sends a datagram over loopback; false where that is not allowed.
    func send(_ payload: [UInt8], toPort: UInt16, fromPort: UInt16) -> Bool {
        send(Self.udpHeader(fromPort, toPort, payload.count) + payload, as: IPPROTO_UDP)
    }

    /// Reports a datagram over loopback as forbidden, as a router does (RFC 1812 5.2.7.1); false where that is not allowed.
    func forbid(from fromPort: UInt16, to toPort: UInt16) -> Bool {
        // The beginning of the datagram: an IP header with protocol and addresses, and UDP's (RFC 792).
        let addresses: [UInt8] = [127, 0, 0, 1, 127, 0, 0, 1]
        let header: [UInt8] = [0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0] + addresses
        var report: [UInt8] = [3, 13, 0, 0, 0, 0, 0, 0] + header + Self.udpHeader(fromPort, toPort, 0)
        // The complement of the sum of all words (RFC 1071).
        var sum = stride(from: 0, to: report.count, by: 2).reduce(0) { $0 + Int(report[$1]) << 8 + Int(report[$1 + 1]) }
        while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
        (report[2], report[3]) = (UInt8(~sum >> 8 & 255), UInt8(~sum & 255))
        return send(report, as: IPPROTO_ICMP)
    }

    /// Reports a datagram over loopback as too long for a later link (RFC 4443 3.2), which takes more than loopback does, so that
    /// the kernel sends later datagrams as before; false where that is not allowed.
    func reportTooLong(from fromPort: UInt16, to toPort: UInt16) -> Bool {
        let loopback: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
        // The beginning of the datagram: an IPv6 header with length, protocol, hops and addresses, and UDP's.
        let header: [UInt8] = [0x60, 0, 0, 0, 0, 8, 17, 64] + loopback + loopback
        // The kernel computes the checksum (RFC 3542 3.1).
        let report: [UInt8] = [2, 0, 0, 0, 0, 2, 0, 0] + header + Self.udpHeader(fromPort, toPort, 0)
        return send(report, as: IPPROTO_ICMPV6, to: "::1")
    }

    /// Ports, length, and no checksum (RFC 768).
    private static func udpHeader(_ fromPort: UInt16, _ toPort: UInt16, _ length: Int) -> [UInt8] {
        [fromPort, toPort, UInt16(8 + length), 0].flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
    }

    private func send(_ packet: [UInt8], as kind: Int, to host: String = "127.0.0.1") -> Bool {
        let family = host.contains(":") ? AF_INET6 : AF_INET
        let number = socket(family, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), Int32(kind))
        guard number >= 0, let target = SocketAddress(host, port: 0) else { return false }
        let raw = DatagramSocket(owning: Descriptor(owning: number))
        return (try? raw.send(packet.span, to: target)) ?? false
    }
}
