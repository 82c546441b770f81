/// Sends every datagram back as it came (RFC 862).
package struct Echo: DatagramService {
    package init() {}

    package func respond(to datagram: Span<UInt8>, into reply: inout [UInt8]) {
        let count = datagram.count
        reply.append(addingCapacity: count) { output in
            // A loop over a span of fixed length becomes one copy; appending byte by byte does not.
            output.append(repeating: 0, count: count)
            var copy = output.mutableSpan
            for index in 0..<count { copy[index] = datagram[index] }
        }
    }
}
