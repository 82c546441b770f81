internal import EventLoop
internal import Sockets

/// A reply of the UDP service.
struct Reply {
    /// A rented buffer that holds it.
    var buffer: [UInt8]
    /// Where in the buffer it lies.
    let range: Range<Int>
    /// From the first datagram of the request to the reply.
    let elapsed: Interval
    /// How many datagrams were sent for it.
    let attempts: Int
}

/// The UDP service behind the gateway, as one worker sees it: which of its addresses is asked, how often, how long.
final class Upstream {
    let configuration: Configuration
    let loop: EventLoop
    let pool: BufferPool
    private(set) var destinations: [Destination] = []
    /// Where the search for the least busy begins, so that ties go in turn.
    var turn = 0
    private var marks: UInt64 = 0
    var budget: RetransmissionBudget
    var random = SystemRandomNumberGenerator()
    var counts = UpstreamCounts()
    let maxInFlight: Int

    init(configuration: Configuration, loop: EventLoop, pool: BufferPool) {
        self.configuration = configuration
        self.loop = loop
        self.pool = pool
        budget = RetransmissionBudget(share: configuration.retransmitShare)
        maxInFlight = configuration.share(of: configuration.maxInFlight)
    }

    /// The counters at this moment, for the metrics.
    var snapshot: UpstreamCounts {
        var counts = self.counts
        counts.destinations = destinations.map { ($0.address, $0.snapshot) }
        return counts
    }

    /// Whether replies come back so soon that it is worth to wait for the next before the last is passed on.
    var isPrompt: Bool {
        destinations.allSatisfy { $0.estimator.roundTrip.map { $0 < .milliseconds(1) } ?? false }
    }

    /// Takes over a new set of addresses; those that stay keep all that is known of them, and exchanges under way with
    /// those that go are not disturbed.
    ///
    /// Returns the new ones, whose stray replies are to be collected.
    func replaceAddresses(_ addresses: [SocketAddress]) -> [Destination] {
        let sockets = max(1, configuration.share(of: configuration.maxSockets) / max(1, addresses.count))
        let known = destinations
        var added: [Destination] = []
        destinations = addresses.map { address in
            if let destination = known.first(where: { $0.address == address }) { return destination }
            let ring = SocketRing(
                capacity: sockets, rest: configuration.rest, quarantine: configuration.quarantine,
                isPlainPool: configuration.isPlainPool)
            marks &+= 1
            let destination = Destination(
                address: address, mark: 1 << (marks & 63), configuration: configuration, ring: ring, loop: loop)
            added.append(destination)
            return destination
        }
        for destination in known where !addresses.contains(destination.address) { destination.sockets.close() }
        return added
    }

    /// Closes the sockets that nobody has needed for a while.
    func retireIdleSockets() {
        for destination in destinations { destination.sockets.retire(idle: .seconds(10)) }
    }

    /// Ends the draining of sockets.
    func close() {
        for destination in destinations { destination.sockets.close() }
    }

    /// Takes a reply's buffer back.
    func giveBack(_ reply: inout Reply) { pool.giveBack(&reply.buffer) }
}
