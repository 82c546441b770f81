internal import System

/// Replies that a router may find too long for its next link, stored for as long as its report may come.
///
/// Over IPv6 routers do not fragment: they drop a packet that the next link does not take and report it to the sender
/// (RFC 8200 5, RFC 4443 3.2). The kernel then fragments only the next datagram, and most clients ask once. So the
/// server stores its latest replies, and sends one again when a report about it comes; the kernel knows the length by
/// then.
struct RecentReplies {
    /// Every link takes IPv6 packets of 1,280 bytes (RFC 8200 5), 48 of which are the headers of IPv6 and UDP.
    static let shortest = 1280 - 48 + 1
    /// A longer reply leaves in fragments of 1,280 bytes, for no usual link takes it whole (`allowFragments`).
    private static let longest = 9000
    /// The number of stored replies.
    static let capacity = 64

    private struct Entry {
        let receiver: SocketAddress
        let source: ReplySource?
        let bytes: [UInt8]
    }

    /// A ring; `next` is the oldest place.
    private var entries: [Entry?] = []
    private var next = 0

    var count: Int { entries.count { $0 != nil } }

    /// Stores a reply in place of the oldest.
    mutating func keep(_ bytes: Span<UInt8>, for receiver: SocketAddress, from source: ReplySource?) {
        guard bytes.count >= Self.shortest, bytes.count <= Self.longest, !receiver.isLoopback else { return }
        let entry = Entry(receiver: receiver, source: source, bytes: bytes.indices.map { bytes[$0] })
        if entries.count < Self.capacity { return entries.append(entry) }
        entries[next] = entry
        next = (next + 1) % Self.capacity
    }

    /// Sends the oldest reply to a receiver again, once.
    mutating func repeatFirst(to receiver: SocketAddress, over socket: borrowing DatagramSocket) {
        for place in entries.indices {
            let index = (next + place) % entries.count
            guard let entry = entries[index], entry.receiver == receiver else { continue }
            entries[index] = nil
            _ = try? socket.send(entry.bytes.span, to: receiver, from: entry.source)
            return
        }
    }
}
