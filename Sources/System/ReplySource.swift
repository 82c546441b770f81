internal import CLinux
internal import Glibc

/// The address of the machine that a datagram was sent to, for the reply to come from it (cmsg(3)).
public struct ReplySource: Hashable, Sendable {
    /// A control message that is fit to be sent.
    private let message: [UInt8]

    /// Takes it from a received message, which changes.
    init?(_ header: inout msghdr) {
        unsafe DatagramControl.turnAround(&header)
        guard let control = unsafe header.msg_control, unsafe header.msg_controllen >= MemoryLayout<cmsghdr>.size else {
            return nil
        }
        // The first message is the one; what pads it is left over from others.
        let length = unsafe min(control.load(as: cmsghdr.self).cmsg_len, header.msg_controllen)
        message = unsafe Array(UnsafeRawBufferPointer(start: control, count: Int(length)))
    }

    /// Shows the control message to a system call.
    func withMessage<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        unsafe message.span.bytes.withUnsafeBytes { unsafe body($0) }
    }
}
