internal import System

/// Sends every datagram back as it came (RFC 862).
package struct Echo: DatagramService {
    package init() {}

    package func respond(to datagram: Span<UInt8>, into reply: inout OutputSpan<UInt8>) {
        reply.append(datagram) { $0 }
    }
}
