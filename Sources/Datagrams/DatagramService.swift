/// What a UDP server does with a datagram: one pure function from bytes to bytes.
///
/// A service knows nothing of sockets, so a table of bytes tests it, and the same value may answer on every worker.
package protocol DatagramService: Sendable {
    /// Appends the reply to `datagram` to `reply`, which is empty with capacity reserved.
    ///
    /// Every datagram has a reply, the empty one too. The reply may be longer than the datagram; whether it still
    /// fits in a datagram is for the caller to see.
    func respond(to datagram: Span<UInt8>, into reply: inout [UInt8])
}
