internal import System

/// The latest replies that a router may have found too long for its next link.
///
/// Over IPv6 routers do not fragment: they drop a packet that the next link does not take and report it to the sender
/// (RFC 8200 5, RFC 4443 3.2). The kernel then fragments only the next datagram, and most clients ask once. So the
/// server stores its latest replies, and sends one again when a report about it comes; the kernel knows the length by
/// then.
struct RecentReplies {
    /// A reply, its receiver, and the address that it comes from.
    struct Reply {
        let receiver: SocketAddress
        let source: ReplySource?
        let bytes: [UInt8]
    }

    /// The headers of IPv6 and UDP, in bytes.
    private static let headers = 48
    /// Every link takes IPv6 packets of 1,280 bytes (RFC 8200 5).
    static let shortest = 1280 - headers + 1
    /// A longer reply leaves in fragments of 1,280 bytes, for no usual link takes it whole (`allowFragments`).
    private static let longest = 9000
    /// The number of stored replies.
    static let capacity = 64

    /// A ring; `next` is the oldest place.
    private var replies: [Reply?] = []
    private var next = 0

    /// Stores a reply in place of the oldest.
    ///
    /// Routers fragment the datagrams of IPv4, and none stands before a client on this machine.
    mutating func keep(_ bytes: Span<UInt8>, for receiver: SocketAddress, from source: ReplySource?) {
        guard bytes.count >= Self.shortest, bytes.count <= Self.longest, receiver.usesIPv6, !receiver.isLoopback else {
            return
        }
        let reply = Reply(receiver: receiver, source: source, bytes: bytes.indices.map { bytes[$0] })
        if replies.count < Self.capacity { return replies.append(reply) }
        replies[next] = reply
        next = (next + 1) % Self.capacity
    }

    /// Takes out the latest reply to a receiver that begins like this and is too long for a link; nil where there is
    /// none.
    ///
    /// Most replies to the same receiver have arrived, and stay stored: sent again, one would answer another request.
    mutating func take(for receiver: SocketAddress, startingWith beginning: [UInt8], tooLongFor mtu: Int) -> Reply? {
        for place in replies.indices.reversed() {
            let index = (next + place) % replies.count
            guard let reply = replies[index], reply.receiver == receiver, reply.bytes.count + Self.headers > mtu,
                reply.bytes.starts(with: beginning)
            else { continue }
            replies[index] = nil
            return reply
        }
        return nil
    }
}
