internal import HTTP

/// What one worker has seen on the TCP leg.
struct HTTPCounts: Sendable {
    /// Connections accepted.
    var accepted = 0
    /// Connections now open.
    var open = 0
    /// Idle connections closed because there were too many.
    var evicted = 0
    /// Connections turned away because there were too many.
    var rejected = 0
    /// Requests turned away because there was no room for one that comes in parts.
    var bufferShortages = 0
    /// Times that a connection with more requests let others have their turn.
    var turns = 0
    /// Times that no descriptor was left for a connection.
    var descriptorShortages = 0
    /// Responses by status code, from 100 on.
    private var responses = [Int](repeating: 0, count: 500)

    /// Counts a response.
    mutating func count(_ status: Status) {
        responses[Int(status.code) - 100] += 1
    }

    /// The status codes that have been sent, in order, and how often each.
    var byStatus: [(code: Int, count: Int)] {
        responses.indices.filter { responses[$0] > 0 }.map { ($0 + 100, responses[$0]) }
    }

    /// Adds what another worker has seen.
    mutating func add(_ other: HTTPCounts) {
        accepted += other.accepted
        open += other.open
        evicted += other.evicted
        rejected += other.rejected
        bufferShortages += other.bufferShortages
        turns += other.turns
        descriptorShortages += other.descriptorShortages
        for index in responses.indices { responses[index] += other.responses[index] }
    }
}
