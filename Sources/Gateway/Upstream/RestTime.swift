internal import System

/// How long the sockets of a pool rest: as long as the operator says, or longer where the backend's second replies are late.
///
/// A second reply that was late says that others, which are still under way, may be later. So sockets rest for twice as long
/// as the latest took. When half would have done for some time, the rest is halved.
struct RestTime {
    /// How long sockets rest now.
    private(set) var current: Interval
    private let least: Interval
    private let most: Interval
    /// When a second reply came last for which half of `current` would not have done.
    private var needed = MonotonicTime(nanoseconds: 0)

    /// The rest is halved after so many times `most`.
    private static let memory = 4 as UInt64

    /// - `most`: it never grows beyond that, as far as it does not begin there.
    init(least: Interval, most: Interval) {
        current = least
        self.least = least
        self.most = most
    }

    /// A second reply came so long after its exchange.
    mutating func lengthen(after delay: Interval, at now: MonotonicTime) {
        let rest = min(most, Interval(nanoseconds: 2 * delay.nanoseconds))
        guard 2 * rest.nanoseconds > current.nanoseconds, rest > least else { return }
        needed = now
        current = max(current, rest)
    }

    /// Halves the rest if it is time for that.
    mutating func shorten(at now: MonotonicTime) {
        guard current > least, now.since(needed).nanoseconds / Self.memory >= most.nanoseconds else { return }
        needed = now
        current = max(least, Interval(nanoseconds: current.nanoseconds / 2))
    }
}
