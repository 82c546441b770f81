internal import System
internal import EventLoop
internal import Synchronization

/// A limit on what the whole gateway has at a time, whichever worker has it.
final class SharedLimit: Sendable {
    /// The most there may be.
    let most: Int
    private let taken = Atomic(0)
    private let shortUntil = Atomic<UInt64>(0)

    init(_ most: Int) {
        self.most = most
    }

    /// How many are taken now.
    var used: Int { taken.load(ordering: .relaxed) }

    /// Takes so many; false, and nothing taken, where that would be more than there may be.
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

    /// Asks those that have more than their share to give some back.
    func askForRoom() { shortUntil.store(MonotonicTime.now().nanoseconds + 1_000_000_000, ordering: .relaxed) }

    /// Whether somewhere there were too few within the last second.
    var isShort: Bool { shortUntil.load(ordering: .relaxed) > MonotonicTime.now().nanoseconds }

    /// Gives so many back.
    func giveBack(_ count: Int = 1) { taken.subtract(count, ordering: .relaxed) }
}

/// The limits that all workers of a gateway share.
struct SharedLimits: Sendable {
    /// TCP connections.
    let connections: SharedLimit
    /// Exchanges under way.
    let inFlight: SharedLimit
    /// UDP sockets.
    let sockets: SharedLimit
    /// Bytes of requests that have arrived in part.
    let buffered: SharedLimit

    init(_ configuration: Configuration) {
        connections = SharedLimit(configuration.maxConnections)
        inFlight = SharedLimit(configuration.maxInFlight)
        sockets = SharedLimit(configuration.maxSockets)
        buffered = SharedLimit(configuration.maxBuffered)
    }
}
