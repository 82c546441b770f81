internal import System

/// A bounded table of clients, each with a value, which forgets a client after some time without a datagram.
struct NoiseClientTable<Client: Hashable, Value> {
    private struct Entry {
        let value: Value
        var lastUse: MonotonicTime
    }

    private let limit: Int
    private let idle: Interval
    private var entries: [Client: Entry] = [:]
    /// No client expires before this time, so that a look before it is not needed.
    private(set) var nextExpiry = MonotonicTime.never
    /// Clients that may make room, the longest idle one last, as they were at the last search.
    private var candidates: [(client: Client, lastUse: MonotonicTime)] = []
    /// The time of the next search for candidates, after one that found none.
    private var nextLook = MonotonicTime(nanoseconds: 0)
    /// The least time between two searches, so that a flood of new clients does not cause one for each of them.
    private static var pause: Interval { .milliseconds(10) }

    /// An empty table for at most `limit` clients, which expire after `idle`.
    init(limit: Int, idle: Interval) {
        self.limit = limit
        self.idle = idle
    }

    /// The number of clients.
    var count: Int { entries.count }

    var isFull: Bool { entries.count >= limit }

    /// The values of all clients.
    var values: [Value] { entries.values.map(\.value) }

    /// Finds a client's value and marks the client as active.
    mutating func find(_ client: Client, at now: MonotonicTime) -> Value? {
        guard let index = entries.index(forKey: client) else { return nil }
        entries.values[index].lastUse = now
        return entries.values[index].value
    }

    /// Adds a new client; the table must not be full.
    mutating func insert(_ value: Value, for client: Client, at now: MonotonicTime) {
        precondition(!isFull && entries[client] == nil, "a new client, and room for it")
        entries[client] = Entry(value: value, lastUse: now)
        nextExpiry = min(nextExpiry, now + idle)
    }

    /// Replaces a known client's value.
    mutating func replace(_ value: Value, for client: Client) {
        guard let entry = entries[client] else { preconditionFailure("the client is known") }
        entries[client] = Entry(value: value, lastUse: entry.lastUse)
    }

    /// Removes the longest idle client of those that may go; nil when there is none.
    mutating func evict(at now: MonotonicTime, where mayGo: (Value) -> Bool) -> Value? {
        if let value = takeCandidate(mayGo) { return value }
        guard now >= nextLook else { return nil }
        candidates = entries.filter { mayGo($0.value.value) }.map { ($0.key, $0.value.lastUse) }
        candidates.sort { $0.lastUse > $1.lastUse }
        if candidates.isEmpty { nextLook = now + Self.pause }
        return takeCandidate(mayGo)
    }

    private mutating func takeCandidate(_ mayGo: (Value) -> Bool) -> Value? {
        while let candidate = candidates.popLast() {
            guard let entry = entries[candidate.client], entry.lastUse == candidate.lastUse, mayGo(entry.value) else {
                continue
            }
            entries[candidate.client] = nil
            return entry.value
        }
        return nil
    }

    /// Removes the clients that have been idle for long enough, of those that may go; the others count as active.
    mutating func expire(at now: MonotonicTime, where mayGo: (Value) -> Bool) -> [Value] {
        guard now >= nextExpiry else { return [] }
        let quiet = entries.filter { $0.value.lastUse + idle <= now }
        for (client, entry) in quiet {
            if mayGo(entry.value) { entries[client] = nil } else { _ = find(client, at: now) }
        }
        nextExpiry = entries.values.map { $0.lastUse + idle }.min() ?? .never
        return quiet.values.map(\.value).filter(mayGo)
    }
}
