internal import DequeModule
public import System

/// What only the loop's own thread touches.
@usableFromInline
final class LoopState {
    var poller: Poller
    let queue: JobQueue
    var watches = WatchTable()
    var timers: TimerWheel<TimerTarget>
    /// Handlers that have asked for another turn, in the order in which they did.
    var turns: Deque<any EventHandler> = []
    @usableFromInline var now: MonotonicTime
    @usableFromInline var reported: MonotonicTime
    /// Waits of this iteration that ended at once, because what they waited for was there.
    var shortcuts = 0
    /// Where the task waits that suspends itself next.
    var location = WaitLocation.end

    init(poller: consuming Poller, queue: JobQueue) {
        self.poller = poller
        self.queue = queue
        now = .now()
        reported = now
        timers = TimerWheel(at: Self.tick(now))
    }

    /// Stores a task that has suspended itself where it waits.
    func store(_ task: ParkedTask) {
        switch location {
        case .watch(let watch, let deadline):
            let end = deadline == .never ? .max : Self.tick(after: deadline)
            let alarm = watches.park(task, until: end, at: watch)
            if end < alarm?.tick ?? .max { setAlarm(for: watch, at: end, insteadOf: alarm) }
        case .place(let place, let deadline):
            place.store(task, insert(.place(place), at: deadline))
        case .end: queue.add(task.job(waking: .ready))
        }
        location = .end
    }

    /// Sets the timer of a descriptor.
    ///
    /// It stays when the wait ends well, as nearly all do, for the next wait at the same descriptor ends later still;
    /// when it goes off, the loop looks until when the task waits that is there then. So there is one for each descriptor
    /// at most, and hardly any is set or cancelled.
    private func setAlarm(for watch: Watch, at tick: UInt64, insteadOf former: WatchTable.Alarm?) {
        if let former { timers.cancel(former.key) }
        watches.set(WatchTable.Alarm(key: timers.insert(at: tick, .watch(watch)), tick: tick), for: watch)
    }

    /// The timer of a descriptor has gone off: the task whose time is over, if one is.
    func takeExpired(at watch: Watch) -> ParkedTask? {
        guard let end = watches.takeAlarm(of: watch) else { return nil }
        if end <= timers.present { return watches.unpark(watch) }
        if end < .max { setAlarm(for: watch, at: end, insteadOf: nil) }
        return nil
    }

    /// Begins to watch a descriptor.
    func open(_ number: Int32, isLevel: Bool) -> Watch {
        let (watch, alarm) = watches.open(number, isLevel: isLevel)
        if let alarm { timers.cancel(alarm.key) }
        return watch
    }

    /// Sets a deadline; nil when it is never.
    private func insert(_ target: TimerTarget, at deadline: MonotonicTime) -> TimerWheel<TimerTarget>.Key? {
        deadline == .never ? nil : timers.insert(at: Self.tick(after: deadline), target)
    }

    /// Deadlines are kept in milliseconds.
    static func tick(_ time: MonotonicTime) -> UInt64 { time.nanoseconds / 1_000_000 }

    /// The tick by which a deadline has surely passed: a wait may end late, never early.
    static func tick(after deadline: MonotonicTime) -> UInt64 { tick(deadline) + 1 }
}

/// Where a suspended task waits, and so what wakes it.
enum WaitLocation {
    /// At a descriptor, until there is something to read or the deadline has passed.
    case watch(Watch, MonotonicTime)
    /// At its place in a queue, or at the deadline alone.
    case place(WaitQueue.Place, MonotonicTime)
    /// Behind the jobs that are ready: it goes on after them.
    case end
}
