import CLinux
import Glibc
import Testing

@testable import System

/// The control messages of a received datagram, which become those of its reply (cmsg(3)).
@Suite struct ReplySourceTests {
    private static let interface: UInt8 = 7

    /// A message with the destination over IPv6, and its interface (RFC 3542 6.1).
    private static func version6(_ address: [UInt8], interface: UInt8 = interface) -> [UInt8] {
        [36, 0, 0, 0, 0, 0, 0, 0, UInt8(IPPROTO_IPV6), 0, 0, 0, UInt8(IPV6_PKTINFO), 0, 0, 0] + address
            + [interface, 0, 0, 0]
    }

    /// A message with the interface, the source of a reply, and the destination over IPv4 (ip(7)).
    private static func version4(_ source: [UInt8], _ destination: [UInt8], interface: UInt8 = interface) -> [UInt8] {
        [28, 0, 0, 0, 0, 0, 0, 0, UInt8(IPPROTO_IP), 0, 0, 0, UInt8(IP_PKTINFO), 0, 0, 0] + [interface, 0, 0, 0]
            + source + destination
    }

    private static let group: [UInt8] = [0xFF, 2] + [UInt8](repeating: 0, count: 13) + [1]
    private static let linkLocal: [UInt8] = [0xFE, 0x80] + [UInt8](repeating: 0, count: 13) + [1]
    private static let global: [UInt8] = [0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1]
    private static let none = [UInt8](repeating: 0, count: 16)
    private static let own: [UInt8] = [192, 0, 2, 1]

    /// What came with a datagram, and what its reply takes along: a group cannot be a source, and its interface stays.
    @Test(arguments: [
        (version6(group), version6(none)), (version6(linkLocal), version6(linkLocal)),
        (version6(global), version6(global, interface: 0)),
        (version4(own, [239, 1, 2, 3]), version4(own, [239, 1, 2, 3], interface: 0)),
        (version6(global) + none.prefix(4) + version4(own, own), version4(own, own, interface: 0)),
    ])
    func `a reply has one source, however often it is read`(received: [UInt8], sent: [UInt8]) throws {
        var control = received
        try unsafe control.withUnsafeMutableBytes { bytes in
            var header = unsafe msghdr()
            unsafe (header.msg_control, header.msg_controllen) = (bytes.baseAddress, bytes.count)
            // What a batch sends is turned around once; then the batch shows its sources.
            unsafe DatagramControl.turnAround(&header)
            for _ in 0..<2 {
                let source = try #require(unsafe ReplySource(ofReply: header))
                #expect(unsafe source.withMessage { unsafe Array($0) } == sent)
                let kept = unsafe UnsafeRawBufferPointer(start: header.msg_control, count: header.msg_controllen)
                #expect(unsafe Array(kept) == sent)
            }
        }
    }

    /// Without its interface the address of a link means nothing (RFC 4007 6); any other address has none.
    @Test(arguments: [(linkLocal, "[fe80::1%lo]:53"), (global, "[2001:db8::1]:53")])
    func `a destination is shown with its interface where it needs one`(bytes: [UInt8], text: String) throws {
        let peer = try address("2001:db8::2", 9)
        let shown = unsafe Self.version6(bytes, interface: 1).withUnsafeBytes {
            unsafe DatagramControl.address(in: $0, ofReply: false, peer, 53)
        }
        #expect(shown?.description == text)
    }
}
