internal import System

/// What one worker has seen of a service.
struct UpstreamCounts: Sendable {
    /// The path of the service.
    var service = "/"
    /// Requests turned away because too many exchanges were in flight.
    var overloads = 0
    /// Requests turned away because no address was known.
    var withoutBackend = 0
    /// Requests turned away because no socket, port or room could be had in time.
    var exhausted = 0
    /// Exchanges now in flight.
    var inFlight = 0
    /// What was seen of each address.
    var backends: [(address: SocketAddress, counts: BackendCounts)] = []
}
