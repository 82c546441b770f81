internal import CLinux
internal import Glibc

/// The control message that tells which of the machine's addresses a datagram was sent to (cmsg(3)).
enum DatagramControl {
    /// Makes a received message fit to be sent: the source address stays, the interface is left to routing.
    ///
    /// ip(7), IP_PKTINFO: on sending, `ipi_spec_dst` is the source address and a non-zero `ipi_ifindex` the outgoing
    /// interface; a reply may well leave by another one than the request came in by. Link-local IPv6 addresses mean
    /// nothing without their interface, so theirs is kept.
    static func forgetInterface(_ header: msghdr) {
        guard let control = unsafe header.msg_control, unsafe header.msg_controllen >= MemoryLayout<cmsghdr>.size else {
            return
        }
        let kind = unsafe control.assumingMemoryBound(to: cmsghdr.self).pointee
        guard kind.cmsg_level == Int32(IPPROTO_IP), kind.cmsg_type == Int32(IP_PKTINFO) else { return }
        let info = unsafe (control + MemoryLayout<cmsghdr>.size).assumingMemoryBound(to: in_pktinfo.self)
        unsafe info.pointee.ipi_ifindex = 0
    }
}
