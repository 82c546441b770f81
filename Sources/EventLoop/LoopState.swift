internal import DequeModule
public import System

/// The state that only the loop's own thread touches.
@usableFromInline
final class LoopState {
    var poller: Poller
    let queue: JobQueue
    var watches = WatchTable()
    var timers: TimerWheel<TimerTarget>
    /// Handlers that have asked for another call, in their order.
    var calledAgain: Deque<any EventHandler> = []
    @usableFromInline var now: MonotonicTime
    @usableFromInline var reported: MonotonicTime
    /// Waits of this iteration that ended at once, because their event had already come.
    var shortcuts = 0
    /// The wait location of the task that suspends itself next.
    var location = WaitLocation.end

    init(poller: consuming Poller, queue: JobQueue) {
        self.poller = poller
        self.queue = queue
        now = .now()
        reported = now
        timers = TimerWheel(at: Self.tick(now))
    }

    /// Stores a suspended task at its wait location.
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
    /// when it fires, the loop reads the deadline of the task that waits there then. So there is at most one for each
    /// descriptor, and hardly any is set or cancelled.
    private func setAlarm(for watch: Watch, at tick: UInt64, insteadOf former: WatchTable.Alarm?) {
        if let former { timers.cancel(former.key) }
        watches.set(WatchTable.Alarm(key: timers.insert(at: tick, .watch(watch)), tick: tick), for: watch)
    }

    /// The task whose wait is over, after a descriptor's timer has fired; nil if there is none.
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

    /// The tick of a time; deadlines have a resolution of milliseconds.
    static func tick(_ time: MonotonicTime) -> UInt64 { time.nanoseconds / 1_000_000 }

    /// The tick at which a deadline has surely passed: a wait may end late, never early.
    static func tick(after deadline: MonotonicTime) -> UInt64 { tick(deadline) + 1 }
}

/// The place of a suspended task, which decides about its wake.
enum WaitLocation {
    /// At a descriptor, until there are bytes to read or the deadline has passed.
    case watch(Watch, MonotonicTime)
    /// At its place in a queue, or at the deadline alone.
    case place(WaitQueue.Place, MonotonicTime)
    /// After the ready jobs.
    case end
}
