internal import EventLoop
internal import Sockets

/// The UDP service behind the gateway, as one worker sees it: which of its addresses is asked, how often, how long.
final class Upstream {
    let configuration: Configuration
    let loop: EventLoop
    let pool: BufferPool
    private(set) var destinations: [Destination] = []
    /// Addresses that are no longer the service's, as long as sockets to them may still hear a reply.
    private var departed: [Destination] = []
    /// Where the search for the least busy begins, so that ties go in turn.
    var turn = 0
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
    /// The sockets of those that go rest and are in quarantine as ever: names move to and fro, and if the address came
    /// back meanwhile, a new socket with the port of a closed one would hear the reply that is late for that.
    ///
    /// Returns the new ones, whose stray replies are to be collected.
    func replaceAddresses(_ addresses: [SocketAddress]) -> [Destination] {
        let sockets = max(1, configuration.share(of: configuration.maxSockets) / max(1, addresses.count))
        let known = destinations + departed
        var added: [Destination] = []
        destinations = addresses.map { address in
            if let destination = known.first(where: { $0.address == address }) { return destination }
            let ring = SocketRing(
                capacity: sockets, rest: configuration.rest, quarantine: configuration.quarantine,
                isPlainPool: configuration.isPlainPool)
            let destination = Destination(address: address, configuration: configuration, ring: ring, loop: loop)
            added.append(destination)
            return destination
        }
        for (place, destination) in destinations.enumerated() { destination.mark = 1 << UInt64(place % 64) }
        departed = known.filter { !addresses.contains($0.address) }
        return added
    }

    /// Closes the sockets that nobody has needed for a while, and of the addresses that have gone each as soon as it is
    /// rested.
    func retireIdleSockets() {
        for destination in destinations { destination.sockets.retire(idle: .seconds(10)) }
        for destination in departed { destination.sockets.retire(idle: .seconds(0)) }
        for destination in departed where destination.isDeserted { destination.sockets.close() }
        departed.removeAll(where: \.isDeserted)
    }

    /// Drains the sockets of an address as late replies come in, as long as it has any.
    func collectStrays(from address: SocketAddress) async {
        await (destinations + departed).first { $0.address == address }?.sockets.collectStrays()
    }

    /// Ends the draining of sockets.
    func close() {
        for destination in destinations + departed { destination.sockets.close() }
    }
}
