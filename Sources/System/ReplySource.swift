internal import CLinux
internal import Glibc

/// The destination address of a received datagram, which its reply comes from (cmsg(3)).
public struct ReplySource: Hashable, Sendable {
    /// A control message ready for sending.
    private let message: [UInt8]

    /// Takes the address from a received message, and changes that message.
    init?(_ header: inout msghdr) {
        unsafe DatagramControl.turnAround(&header)
        guard let control = unsafe header.msg_control, unsafe header.msg_controllen >= MemoryLayout<cmsghdr>.size else {
            return nil
        }
        // Only the first message counts; its padding may hold bytes of earlier calls.
        let length = unsafe min(control.load(as: cmsghdr.self).cmsg_len, header.msg_controllen)
        message = unsafe Array(UnsafeRawBufferPointer(start: control, count: Int(length)))
    }

    /// Lends the control message to a system call.
    func withMessage<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        unsafe message.span.bytes.withUnsafeBytes { unsafe body($0) }
    }
}
