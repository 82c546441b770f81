internal import System
internal import EventLoop

/// What a proxy keeps for each client, for a bounded number of them, until they have been quiet for a while.
struct NoiseClientTable<Client: Hashable, Value> {
    private struct Entry {
        let value: Value
        var lastUse: MonotonicTime
    }

    private let limit: Int
    private let idle: Interval
    private var entries: [Client: Entry] = [:]
    /// Before this time nobody has been quiet for long enough: there is no need to look.
    private(set) var nextExpiry = MonotonicTime.never
    /// Clients that may make room, the one quiet longest last, as they were when they were looked for.
    private var candidates: [(client: Client, lastUse: MonotonicTime)] = []
    /// When to look for candidates again, after there was none.
    private var nextLook = MonotonicTime(nanoseconds: 0)
    /// A flood of new clients does not search the table for each of them.
    private static var pause: Interval { .milliseconds(10) }

    /// An empty table for at most `limit` clients, who leave when they have been quiet for `idle`.
    init(limit: Int, idle: Interval) {
        self.limit = limit
        self.idle = idle
    }

    /// How many clients there are.
    var count: Int { entries.count }

    /// Whether there is no room for another client.
    var isFull: Bool { entries.count >= limit }

    /// All that is kept.
    var values: [Value] { entries.values.map(\.value) }

    /// Finds what is kept for a client, who is not quiet now.
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

    /// Keeps something else for a client that is known.
    mutating func replace(_ value: Value, for client: Client) {
        guard let entry = entries[client] else { preconditionFailure("the client is known") }
        entries[client] = Entry(value: value, lastUse: entry.lastUse)
    }

    /// Takes out the client that has been quiet longest, of those that may be forgotten; nil when there is none.
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

    /// Takes out whoever has been quiet for long enough.
    mutating func expire(at now: MonotonicTime) -> [Value] {
        guard now >= nextExpiry else { return [] }
        let quiet = entries.filter { $0.value.lastUse + idle <= now }
        for client in quiet.keys { entries[client] = nil }
        nextExpiry = entries.values.map { $0.lastUse + idle }.min() ?? .never
        return quiet.values.map(\.value)
    }
}
