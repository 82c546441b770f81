package import System

/// The replies that the callers of a service get: their number, their senders, and the time for them.
package struct ReplyPolicy: Equatable, Sendable {
    /// The number of replies to a datagram.
    package enum Count: Equatable, Sendable {
        /// None: the request is answered when the datagram has left.
        case none
        /// This many, 1 or more.
        case some(Int)
        /// All that come in time.
        case all
    }

    /// The permitted senders of a reply.
    package enum Source: String, Sendable {
        /// The address that the datagram went to.
        case peer
        /// Any port of the host that the datagram went to.
        case host
        /// Any host.
        case any
    }

    /// The number of replies.
    package var count = Count.some(1)
    /// The permitted senders.
    package var source = Source.peer
    /// The time for several replies; nil for the service's timeout.
    package var wait: Interval?
    /// The time without another reply that ends the collection; nil for no such end.
    package var quiet: Interval?
    /// The most replies to one datagram that a caller gets.
    package var maxReplies = 64
    /// The most routers that a datagram to a group may pass; nil for the kernel's default, which is none.
    package var hops: Int?
    /// The number of the interface by which datagrams leave; nil leaves it to routing.
    package var interface: UInt32?

    /// One reply, from the address that the datagram went to.
    package init() {}

    /// Whether sockets are connected to the service's address.
    var isConnected: Bool { source == .peer && count != .none }

    package var isSingle: Bool { count == .some(1) }
}
