internal import EventLoop
internal import Sockets

/// Which of the service's addresses an exchange asks.
extension Upstream {
    /// The address with the least exchanges under way; one that was asked already only when there is no other, and one
    /// that could not be reached last.
    @inline(never)
    func choose(_ exchange: Exchange) throws(GatewayError) -> Destination {
        if destinations.count == 1, destinations[0].mayTake(at: loop.now) { return destinations[0] }
        var best: (destination: Destination, misgivings: Int)?
        turn = turn &+ 1
        for offset in destinations.indices {
            let destination = destinations[(turn + offset) % destinations.count]
            guard destination.mayTake(at: loop.now) else { continue }
            let misgivings = exchange.misgivings(about: destination)
            guard let leader = best else {
                best = (destination, misgivings)
                continue
            }
            let isBetter = destination.inFlight < leader.destination.inFlight
            if misgivings == leader.misgivings ? isBetter : misgivings < leader.misgivings {
                best = (destination, misgivings)
            }
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
    /// The datagram reached nobody then, so that it may be sent elsewhere whatever --attempts says. Where all have been
    /// asked, one that kept silent may only be slow: that another refuses is no answer of its.
    @inline(never)
    func reroutes(_ exchange: Exchange, from destination: Destination, after error: GatewayError) -> Bool {
        guard error.isUndelivered, loop.now < exchange.deadline else { return false }
        exchange.miss(destination)
        guard hasOther(than: exchange) || hasSilent(exchange) else { return false }
        exchange.nextDeparture = .rerouted
        return true
    }

    /// Whether one that was asked and kept silent may be asked again.
    private func hasSilent(_ exchange: Exchange) -> Bool {
        exchange.delivered < configuration.attempts
            && destinations.contains { $0.mayTake(at: loop.now) && exchange.misgivings(about: $0) == 1 }
    }
}
