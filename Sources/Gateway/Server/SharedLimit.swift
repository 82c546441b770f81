internal import System
internal import Synchronization

/// A limit for the whole gateway, whichever worker uses it up.
final class SharedLimit: Sendable {
    /// The limit.
    let most: Int
    private let taken = Atomic(0)
    private let shortUntil = Atomic<UInt64>(0)

    init(_ most: Int) {
        self.most = most
    }

    /// The number in use.
    var used: Int { taken.load(ordering: .relaxed) }

    /// Whether there is room for one more.
    var hasRoom: Bool { used < most }

    /// Takes one in any case, even beyond the limit.
    func add() { taken.add(1, ordering: .relaxed) }

    /// Takes this many; returns false, and takes nothing, where the limit would be exceeded.
    func take(_ count: Int = 1) -> Bool {
        var before = taken.load(ordering: .relaxed)
        while before + count <= most {
            let (isExchanged, present) = taken.weakCompareExchange(
                expected: before, desired: before + count, ordering: .relaxed)
            if isExchanged { return true }
            before = present
        }
        return false
    }

    /// Asks workers with more than their share to give some back.
    func askForRoom(at now: MonotonicTime = .now()) {
        shortUntil.store(now.nanoseconds + 1_000_000_000, ordering: .relaxed)
    }

    /// Whether a worker ran short within the last second.
    func isShort(at now: MonotonicTime = .now()) -> Bool { shortUntil.load(ordering: .relaxed) > now.nanoseconds }

    func giveBack(_ count: Int = 1) { taken.subtract(count, ordering: .relaxed) }
}

/// The limits that all workers of a gateway share.
struct SharedLimits: Sendable {
    /// TCP connections.
    let connections: SharedLimit
    /// Exchanges under way.
    let inFlight: SharedLimit
    /// UDP sockets, with the places that addresses keep for themselves.
    let sockets: SharedLimit
    /// Open UDP sockets: below this limit a new one is opened rather than one used again early.
    let freshSockets: SharedLimit
    /// Bytes of requests that have arrived in part, and of collected replies.
    let buffered: SharedLimit

    init(_ configuration: Configuration) {
        connections = SharedLimit(configuration.maxConnections)
        inFlight = SharedLimit(configuration.maxInFlight)
        sockets = SharedLimit(configuration.maxSockets)
        freshSockets = SharedLimit(configuration.minSockets)
        buffered = SharedLimit(configuration.maxBuffered)
    }
}
