package import System

/// Which replies to a datagram the callers of a service get: how many, from whom, and how long they are waited for.
package struct ReplyPolicy: Equatable, Sendable {
    /// How many replies there are to a datagram.
    package enum Count: Equatable, Sendable {
        /// None: the request is answered when the datagram has left.
        case none
        /// So many, 1 or more.
        case some(Int)
        /// All that come in time.
        case all
    }

    /// From whom a reply is taken.
    package enum Source: String, Sendable {
        /// The address that was asked, and no other.
        case peer
        /// Any port of the host that was asked.
        case host
        /// Any host.
        case any
    }

    /// How many replies there are.
    package var count = Count.some(1)
    /// From whom they are taken.
    package var source = Source.peer
    /// How long several replies are waited for; nil for the service's timeout.
    package var wait: Interval?
    /// After so long without another reply no more are waited for; nil for none of that.
    package var quiet: Interval?
    /// The most replies that a caller gets to one datagram.
    package var maxReplies = 64
    /// How many routers a datagram to a group may pass; nil for the kernel's default, which is none.
    package var hops: Int?
    /// The number of the interface by which datagrams leave; nil leaves it to routing.
    package var interface: UInt32?

    /// One reply, from the address that was asked.
    package init() {}

    /// Whether sockets are connected to the address that is asked.
    var isConnected: Bool { source == .peer && count != .none }

    /// Whether the one reply is the response.
    package var isSingle: Bool { count == .some(1) }
}
