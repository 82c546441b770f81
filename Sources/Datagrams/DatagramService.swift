/// The function of a UDP server, from bytes to bytes.
///
/// A service has no socket, so that a table of bytes tests it, and the same value may answer on every worker.
package protocol DatagramService: Sendable {
    /// Appends the reply to `datagram` to `reply`, which is empty with capacity reserved.
    ///
    /// Every datagram has a reply, also the empty one. The reply may be longer than the datagram; the caller checks
    /// whether it fits in a datagram.
    func respond(to datagram: Span<UInt8>, into reply: inout [UInt8])
}
