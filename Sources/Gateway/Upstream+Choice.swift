internal import EventLoop
internal import Sockets

/// Which of the service's addresses an exchange asks.
extension Upstream {
    /// The address with the least exchanges under way; one that was asked already only when there is no other.
    @inline(never)
    func choose(_ exchange: Exchange) throws(GatewayError) -> Destination {
        if destinations.count == 1, destinations[0].mayTake(at: loop.now) { return destinations[0] }
        var best: (destination: Destination, wasAsked: Bool)?
        turn = turn &+ 1
        for offset in destinations.indices {
            let destination = destinations[(turn + offset) % destinations.count]
            guard destination.mayTake(at: loop.now) else { continue }
            let wasAsked = exchange.asked & destination.mark != 0
            guard let leader = best else {
                best = (destination, wasAsked)
                continue
            }
            let isBetter = destination.inFlight < leader.destination.inFlight
            if wasAsked == leader.wasAsked ? isBetter : leader.wasAsked { best = (destination, wasAsked) }
        }
        if let best { return best.destination }
        counts.allDown += 1
        let end = destinations.compactMap(\.outageEnd).min() ?? loop.now
        throw .allDown(retryAfter: end.since(loop.now))
    }

    func hasOther(than exchange: Exchange) -> Bool {
        destinations.contains { $0.mayTake(at: loop.now) && exchange.asked & $0.mark == 0 }
    }

    /// Whether another address is to be asked after a failure.
    ///
    /// The datagram reached nobody then, so that it may be sent elsewhere whatever --attempts says.
    @inline(never)
    func reroutes(_ exchange: Exchange, after error: GatewayError) -> Bool {
        guard error.isUndelivered, hasOther(than: exchange), loop.now < exchange.deadline else { return false }
        exchange.nextDeparture = .rerouted
        return true
    }
}
