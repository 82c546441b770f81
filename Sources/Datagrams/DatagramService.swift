internal import System

/// The function of a UDP server, from bytes to bytes.
///
/// A service has no socket, so that a table of bytes tests it, and the same value may answer on every worker.
package protocol DatagramService: Sendable {
    /// Writes the reply to `datagram` into `reply`, which is empty and has room for 65,536 bytes.
    ///
    /// Every datagram has a reply, also the empty one. The reply may be longer than the datagram; the caller checks
    /// whether it fits in a datagram, and the service that it fits in the room.
    func respond(to datagram: Span<UInt8>, into reply: inout OutputSpan<UInt8>)
}

/// Sends every datagram back as it came (RFC 862).
package struct Echo: DatagramService {
    package init() {}

    package func respond(to datagram: Span<UInt8>, into reply: inout OutputSpan<UInt8>) {
        reply.append(datagram) { $0 }
    }
}
