package import Datagrams
package import HTTP
package import System

/// The settings of a gateway: every limit and every time that an operator can set, with its default.
package struct Configuration: Sendable {
    /// The limits of a request: line, head, fields, body.
    package var limits = Limits()
    /// The longest datagram in bytes, either way.
    package var maxDatagram: Int {
        get { limits.maxBody }
        set { limits.maxBody = newValue }
    }
    /// The most exchanges with the UDP service at a time, all workers together.
    package var maxInFlight = 4096
    /// The most requests on one connection, so that connections end and load spreads anew.
    package var maxRequestsPerConnection = 10_000
    /// The most connections at a time, all workers together.
    package var maxConnections = 10_000
    /// The most UDP sockets, all workers together.
    package var maxSockets = 16_384
    /// The number of UDP sockets, all workers together, before one is used again that has rested for less than
    /// `quarantine`.
    package var minSockets = 1024
    /// The most bytes of requests that have arrived in part and of collected replies, all workers together.
    package var maxBuffered = 128 << 20

    /// The time of a whole exchange, all attempts together.
    package var timeout = Interval.seconds(2)
    /// The most datagrams of an exchange to one address.
    package var attempts = 1
    /// The least time before a datagram is sent again.
    package var minRetransmit = Interval.milliseconds(20)
    /// The most retransmissions for each request, 0 to 1, on the average; infinity for no limit.
    package var retransmitShare = 0.2
    /// The payload that tests each address at intervals; nil for none.
    package var probe: [UInt8]?
    /// The interval of these probes.
    package var probeInterval = Interval.seconds(5)
    /// The time that a UDP socket rests between two exchanges.
    package var rest = Interval.milliseconds(100)
    /// The time that a UDP socket is set aside while a reply to it may still be under way.
    package var quarantine = Interval.seconds(30)

    /// The time for a request's head, from its first byte.
    package var headerTimeout = Interval.seconds(10)
    /// The time for a request's body, from the end of its head.
    package var bodyTimeout = Interval.seconds(10)
    /// The time for a client to make room for more of a response.
    package var writeTimeout = Interval.seconds(10)
    /// The time for a client to end its side of a connection after the last response.
    package var lingerTimeout = Interval.seconds(2)
    /// The time of a connection without a request.
    ///
    /// It is longer than proxies and balancers keep an idle connection, which is 60 s for nginx and AWS: the side that
    /// may still send a request on it must close first.
    package var idleTimeout = Interval.seconds(75)
    /// The time for proxies to notice that the gateway is about to end.
    package var drainDelay = Interval.seconds(0)
    /// The time for exchanges under way when the gateway is told to end.
    package var drainTimeout = Interval.seconds(10)

    /// Whether callers may see the addresses and ports of the UDP leg; they may always see those of this machine.
    package var showsAddresses = false
    /// The pages of other origins that may use the gateway.
    package var crossOrigin = CrossOrigin(origins: [])
    /// The callers' token; nil where they need none.
    package var token: AccessToken?
    /// The names by which browsers may reach a gateway that listens on loopback only, besides `localhost`.
    package var allowedHosts: [String] = []
    /// Whether only this machine reaches the listener.
    var isOnLoopback = false

    /// The bad network in front of the UDP service, if there is one.
    package var lab: Lab?
    /// Whether the UDP service is the gateway's own, to which its page may post an example.
    package var isEmbedded = false

    /// The receiver of an event for each datagram of the UDP leg.
    package var onDatagram: DatagramEvent.Observer?

    /// The access log; nil for none.
    package var accessLog: AccessLog?
    /// The most bytes of the access log that wait for their reader.
    package var maxAccessLog = 4 << 20

    /// The longest `X-Request-Id` that a response repeats.
    package var maxRequestID = 128

    /// The listener of the gateway's state: `/healthz`, `/readyz`, `/metrics`, `/services`.
    package enum StateListener: Sendable {
        /// This one, together with everything else.
        case shared
        /// Another one.
        case elsewhere
        /// This one, without anything else.
        case only
    }

    /// The place of the gateway's state.
    package var stateListener = StateListener.shared
    /// The most connections at a time of a listener for the state alone.
    package var maxAdminConnections = 64
    /// The number of event loops that share the work.
    package var workers = 1
    /// The most refused connections of a worker that wait for their client's end; further ones are closed at once.
    package static let mostRefused = 32

    package init() {}

    /// Whether callers may see an address of the UDP leg and its ports.
    func shows(_ upstream: SocketAddress) -> Bool { upstream.isShown(showsAddresses) }

    /// The most bytes around a form's payload: the field's name, or the heads and boundaries of a multipart form.
    private static let formFrame = 2048

    /// The most bytes around a payload in a notation: white space beyond one character between two bytes.
    private static let encodedFrame = 1024

    /// The limits of a request; a form's content is longer than its payload, and so is a payload in a notation.
    ///
    /// A byte of hex is two digits, and a space or a colon (``Notation``). Browsers write a line end as `%0D%0A`, six
    /// bytes for the one that the payload has, and any other byte as one or three (WHATWG URL 5.1, WHATWG HTML
    /// 4.10.22.6). So no payload that fits in a datagram is refused for its escapes.
    ///
    /// - `maxDatagram`: the length of the longest payload.
    func limits(of content: ContentKind, maxDatagram: Int) -> Limits {
        var limits = self.limits
        switch content {
        case .payload: limits.maxBody = maxDatagram
        case .encoded: limits.maxBody = Self.encodedFrame + 3 * maxDatagram
        case .form: limits.maxBody = Self.formFrame + 6 * maxDatagram
        }
        return limits
    }
}

extension SocketAddress {
    /// Whether callers see an address of the UDP leg: one beyond this host is the operator's business.
    ///
    /// - `showsAddresses`: whether the operator shows all of them.
    func isShown(_ showsAddresses: Bool) -> Bool { showsAddresses || isLoopback }
}

/// The kind of a request's content, which decides about its longest length.
enum ContentKind {
    /// The bytes of the datagram.
    case payload
    /// The bytes in a notation (``Notation``).
    case encoded
    /// A form with the payload in it.
    case form
}

/// The limits on a request by its kind of content, wide enough for every service; each service checks its own afterwards.
struct RequestLimits {
    let payload, encoded: Limits
    /// The widest ones, which apply until the head is complete.
    let form: Limits

    init(_ configuration: Configuration, maxDatagram: Int) {
        payload = configuration.limits(of: .payload, maxDatagram: maxDatagram)
        encoded = configuration.limits(of: .encoded, maxDatagram: maxDatagram)
        form = configuration.limits(of: .form, maxDatagram: maxDatagram)
    }
}
