import CLinux
import Glibc
import System

/// Sends UDP datagrams with a source port of its choice, for which it needs CAP_NET_RAW (raw(7)).
struct RawSender {
    /// Sends a datagram over loopback; false where that is not allowed.
    func send(_ payload: [UInt8], toPort: UInt16, fromPort: UInt16) -> Bool {
        let number = socket(AF_INET, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), Int32(IPPROTO_UDP))
        guard number >= 0 else { return false }
        let raw = Descriptor(owning: number)
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = unsafe withUnsafePointer(to: target) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe clinux_connect(raw.number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        // UDP's header: ports, length, and no checksum (RFC 768).
        let fields = [fromPort, toPort, UInt16(8 + payload.count), 0]
        let datagram = fields.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } + payload
        let sent = unsafe datagram.withUnsafeBytes { unsafe Glibc.send(raw.number, $0.baseAddress, $0.count, 0) }
        return connected == 0 && sent == datagram.count
    }
}
