internal import System

/// The rest of a pool's sockets: the operator's time, or longer where the backend's second replies are late.
///
/// After a late second reply others, which are still under way, may be later. So sockets rest for twice as long as the
/// latest took. When half of the rest would have been enough for some time, it is halved.
struct RestTime {
    /// The current rest.
    private(set) var current: Interval
    private let least: Interval
    private let most: Interval
    /// The time of the last second reply for which half of `current` would have been too short.
    private var needed = MonotonicTime(nanoseconds: 0)

    /// The rest is halved after this many times `most`.
    private static let memory = 4 as UInt64

    /// - `most`: the rest never grows beyond it, unless it begins there.
    init(least: Interval, most: Interval) {
        current = least
        self.least = least
        self.most = most
    }

    /// Records a second reply, with its delay after the exchange's end.
    mutating func lengthen(after delay: Interval, at now: MonotonicTime) {
        let rest = min(most, Interval(nanoseconds: 2 * delay.nanoseconds))
        guard 2 * rest.nanoseconds > current.nanoseconds, rest > least else { return }
        needed = now
        current = max(current, rest)
    }

    /// Halves the rest if it is due.
    mutating func shorten(at now: MonotonicTime) {
        guard current > least, now.since(needed).nanoseconds / Self.memory >= most.nanoseconds else { return }
        needed = now
        current = max(least, Interval(nanoseconds: current.nanoseconds / 2))
    }
}
