internal import EventLoop
internal import Sockets

/// What a proxy keeps for each client, for a bounded number of them, until they have been quiet for a while.
struct NoiseClientTable<Value> {
    private struct Entry {
        let value: Value
        var lastUse: MonotonicTime
    }

    private let limit: Int
    private let idle: Interval
    private var entries: [SocketAddress: Entry] = [:]
    /// Before this time nobody has been quiet for long enough: there is no need to look.
    private(set) var nextExpiry = MonotonicTime.never

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
    mutating func find(_ client: SocketAddress, at now: MonotonicTime) -> Value? {
        guard let index = entries.index(forKey: client) else { return nil }
        entries.values[index].lastUse = now
        return entries.values[index].value
    }

    /// Adds a new client; the table must not be full.
    mutating func insert(_ value: Value, for client: SocketAddress, at now: MonotonicTime) {
        precondition(!isFull && entries[client] == nil, "a new client, and room for it")
        entries[client] = Entry(value: value, lastUse: now)
        nextExpiry = min(nextExpiry, now + idle)
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
