package import Datagrams
internal import EventLoop
package import HTTP
package import System

/// How a gateway behaves: every limit and every time that an operator can set, with its default.
package struct Configuration: Sendable {
    /// What a request may have: line, head, fields, body.
    package var limits = Limits()
    /// The longest datagram in bytes, either way.
    package var maxDatagram: Int {
        get { limits.maxBody }
        set { limits.maxBody = newValue }
    }
    /// The most exchanges with the UDP service at a time, all workers together.
    package var maxInFlight = 4096
    /// The most requests on one connection, so that none lasts for ever and load spreads anew.
    package var maxRequestsPerConnection = 10_000
    /// The most connections at a time, all workers together.
    package var maxConnections = 10_000
    /// The most UDP sockets, all workers together.
    package var maxSockets = 16_384
    /// So many UDP sockets are opened, all workers together, before one is used again that has rested for less than
    /// `quarantine`.
    package var minSockets = 1024
    /// The most bytes of requests that have arrived in part, all workers together.
    package var maxBuffered = 128 << 20

    /// For a whole exchange, all attempts together.
    package var timeout = Interval.seconds(2)
    /// How often a datagram is sent at most.
    package var attempts = 1
    /// The least time before a datagram is sent again.
    package var minRetransmit = Interval.milliseconds(20)
    /// The most retransmissions for each request, 0 to 1, on the average.
    package var retransmitShare = 0.2
    /// What is sent to each address from time to time to see whether it replies; nil for nothing.
    package var probe: [UInt8]?
    /// How often that is sent.
    package var probeInterval = Interval.seconds(5)
    /// How long a UDP socket rests between two exchanges.
    package var rest = Interval.milliseconds(100)
    /// How long a UDP socket whose reply may still be under way is set aside.
    package var quarantine = Interval.seconds(30)

    /// For a request's head, from its first byte.
    package var headerTimeout = Interval.seconds(10)
    /// For a request's body, from the end of its head.
    package var bodyTimeout = Interval.seconds(10)
    /// For a client to make room for more of a response.
    package var writeTimeout = Interval.seconds(10)
    /// For a client to end its side of a connection that has got its last response.
    package var lingerTimeout = Interval.seconds(2)
    /// For a connection without a request.
    ///
    /// Longer than proxies and balancers keep a connection that they do not use, of which nginx and AWS take 60 s: whoever
    /// is first to close must not be the one to whom a request may be on its way.
    package var idleTimeout = Interval.seconds(75)
    /// For proxies to learn that no new clients should come, before the gateway ends.
    package var drainDelay = Interval.seconds(0)
    /// For what is in flight when the gateway is told to end.
    package var drainTimeout = Interval.seconds(10)

    /// Whether sockets are used again at once, last in first out, and not drained: how wrong replies come about.
    ///
    /// For tests, which must be able to fail.
    package var isPlainPool = false
    /// Whether callers may see the addresses and ports of the UDP leg; those of this machine they may.
    package var showsAddresses = false
    /// Which pages of other origins may use the gateway.
    package var crossOrigin = CrossOrigin(origins: [])
    /// What callers have to know; nil where nothing is asked of them.
    package var token: AccessToken?
    /// The names by which browsers may reach the gateway where it listens on loopback only, beside `localhost`.
    package var allowedHosts: [String] = []
    /// Whether nothing but this machine reaches the listener.
    var isOnLoopback = false

    /// The bad network in front of the UDP service, if there is one.
    package var lab: Lab?
    /// Whether the UDP service is the gateway's own, to which its page may post an example.
    package var isEmbedded = false

    /// Who is told of each datagram of the UDP leg.
    package var onDatagram: DatagramEvent.Observer?

    /// Where lines about requests go; nil for nowhere.
    package var accessLog: AccessLog?
    /// The most bytes of these lines that wait for their reader.
    package var maxAccessLog = 4 << 20

    /// The longest `X-Request-Id` that is repeated.
    package var maxRequestID = 128

    /// Which listener tells of the gateway itself: `/healthz`, `/readyz`, `/metrics`, `/services`.
    package enum StateDoor: Sendable {
        /// This one, beside everything else.
        case shared
        /// Another one, and this one not.
        case elsewhere
        /// This one, and it does nothing else.
        case only
    }

    /// Where the gateway tells of itself.
    package var stateDoor = StateDoor.shared
    /// The most connections at a time of a listener that tells of the gateway and does nothing else.
    package var maxAdminConnections = 64
    /// How many services share the UDP sockets.
    package var services = 1
    /// How many event loops share the work.
    package var workers = 1

    /// The defaults.
    package init() {}

    /// Whether callers may see an address of the UDP leg and the ports that belong to it.
    func shows(_ upstream: SocketAddress) -> Bool { showsAddresses || upstream.isLoopback }

    /// What a form may have around its letter: the field's name, or the heads and boundaries of a form in parts.
    private static let formFrame = 2048

    /// What bytes that are written out may have around them: white space beyond one character between two bytes.
    private static let writtenFrame = 1024

    /// What a request may have; a form's content is longer than the letter in it, and so is a letter that is written out.
    ///
    /// A byte of hex is two digits, and a space or a colon (``Notation``). Browsers write a line end as `%0D%0A`, six bytes for the one that the letter has, and any other byte as one or
    /// three (WHATWG URL 5.1, WHATWG HTML 4.10.21.4). So no letter that fits in a datagram is refused for its escapes.
    func limits(of content: ContentKind) -> Limits {
        var limits = self.limits
        switch content {
        case .letter: break
        case .written: limits.maxBody = Self.writtenFrame + 3 * maxDatagram
        case .form: limits.maxBody = Self.formFrame + 6 * maxDatagram
        }
        return limits
    }
}

/// What the content of a request is, which decides how long it may be.
enum ContentKind {
    /// The bytes of the datagram.
    case letter
    /// The same written out (``Notation``).
    case written
    /// A form with a letter in it.
    case form
}
