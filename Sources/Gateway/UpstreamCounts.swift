/// What one worker has seen on the UDP leg.
struct UpstreamCounts: Sendable {
    /// Datagrams sent, the first of each exchange and those sent again.
    var sent = 0
    /// Datagrams sent again.
    var retransmissions = 0
    /// Replies that answered a request.
    var received = 0
    /// Replies that came after their exchange had ended.
    var late = 0
    /// Replies that came together with the one that answered.
    var doubled = 0
    /// Replies longer than the limit.
    var oversized = 0
    /// ICMP reports that nobody listens, of the exchange under way.
    var refusals = 0
    /// ICMP reports of exchanges that had ended.
    var lateRefusals = 0
    /// Exchanges without a reply by their deadline.
    var timeouts = 0
    /// Requests turned away because too many exchanges were in flight.
    var overloads = 0
    /// Requests that had to wait for a socket to be rested.
    var restWaits = 0
    /// Sockets put into quarantine.
    var quarantines = 0
    /// Exchanges now in flight.
    var inFlight = 0
    /// Sockets now open.
    var sockets = 0
    /// Sockets now in quarantine.
    var quarantined = 0
}
