internal import System

/// Replies that a router may find too long for its next link, for as long as it may say so.
///
/// Over IPv6 routers do not cut datagrams: they throw away what the next link does not take and tell the sender
/// (RFC 8200 5, RFC 4443 3.2). A sender that knows nothing else makes pieces of the next datagram only, and most clients ask
/// once. So the latest replies are kept, and sent again when such a report comes; the kernel has learned from it by then.
struct RecentReplies {
    /// Any link takes IPv6 packets of 1,280 bytes (RFC 8200 5), 48 of which are the heads of IPv6 and UDP.
    static let shortest = 1280 - 48 + 1
    /// What is longer leaves in pieces of 1,280 bytes, for no usual link takes it whole (`allowFragments`).
    private static let longest = 9000
    /// So many replies are kept.
    static let capacity = 64

    private struct Entry {
        let receiver: SocketAddress
        let source: ReplySource?
        let bytes: [UInt8]
    }

    /// A ring, in which `next` is the oldest place.
    private var entries: [Entry?] = []
    private var next = 0

    /// How many are kept.
    var count: Int { entries.count { $0 != nil } }

    /// Keeps a reply, in the place of the oldest.
    mutating func keep(_ bytes: Span<UInt8>, for receiver: SocketAddress, from source: ReplySource?) {
        guard bytes.count >= Self.shortest, bytes.count <= Self.longest, !receiver.isLoopback else { return }
        let entry = Entry(receiver: receiver, source: source, bytes: bytes.indices.map { bytes[$0] })
        if entries.count < Self.capacity { return entries.append(entry) }
        entries[next] = entry
        next = (next + 1) % Self.capacity
    }

    /// Sends the oldest reply to a receiver again, once; false where none is kept, or it cannot be sent.
    mutating func repeatFirst(to receiver: SocketAddress, over socket: borrowing DatagramSocket) -> Bool {
        for place in entries.indices {
            let index = (next + place) % entries.count
            guard let entry = entries[index], entry.receiver == receiver else { continue }
            entries[index] = nil
            return (try? socket.send(entry.bytes.span, to: receiver, from: entry.source)) ?? false
        }
        return false
    }
}
