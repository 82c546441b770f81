/// The loop's state of each descriptor, indexed by its number.
///
/// Only the loop's thread touches it. With thousands of descriptors a slot is cold in the cache when it is used: all
/// values of a wait are close together.
struct WatchTable {
    /// A timer of the loop that was set for a descriptor.
    struct Alarm {
        let key: TimerWheel<TimerTarget>.Key
        /// The tick at which it fires.
        let tick: UInt64
    }

    private struct Slot {
        /// The task that waits for bytes to read, and the tick at which its wait ends at the latest.
        var task: ParkedTask?
        /// Whether the kernel reports it as long as it is ready, and the number of the last poll with a report.
        var isLevel = false
        var poll: UInt32 = 0
        var end = UInt64.max
        /// The readiness that was reported and not used up.
        var readiness: Readiness = []
        var generation: UInt32 = 0
        var alarm: Alarm?
        /// The object that is called for each event, where no task waits.
        var handler: (any EventHandler)?

        @inline(__always)
        mutating func park(_ task: ParkedTask, until end: UInt64) -> Alarm? {
            precondition(self.task == nil, "one task at a time waits for a descriptor")
            (self.task, self.end) = (task, end)
            return alarm
        }

        /// Uses up the readiness to read; false when there is none.
        @inline(__always)
        mutating func takeReadable() -> Bool {
            guard readiness.contains(.toRead) else { return false }
            if !readiness.contains(.ended) { readiness.remove(.toRead) }
            return true
        }

        /// Records readiness; returns the task that it wakes.
        @inline(__always)
        mutating func report(_ news: Readiness) -> ParkedTask? {
            readiness.formUnion(news)
            guard let task, takeReadable() else { return nil }
            self.task = nil
            return task
        }
    }

    private var slots: [Slot] = []
    /// The number of the poll.
    private var poll: UInt32 = 0
    /// Whether the poll has reported an event twice: the kernel reports a still ready descriptor again only after all
    /// others.
    private(set) var hasRepeated = false

    /// Opens a new slot for a descriptor, without the state of the number's former owner.
    ///
    /// Returns the timer that was set for the former owner, to be cancelled.
    mutating func open(_ number: Int32, isLevel: Bool = false) -> (watch: Watch, alarm: Alarm?) {
        while slots.count <= Int(number) { slots.append(Slot()) }
        let (generation, alarm) = (slots[Int(number)].generation &+ 1, slots[Int(number)].alarm)
        slots[Int(number)] = Slot(isLevel: isLevel, generation: generation)
        return (Watch(number: number, generation: generation), alarm)
    }

    /// Sets the object that is called for each event of a descriptor; nil for none.
    mutating func setHandler(_ handler: (any EventHandler)?, of watch: Watch) {
        if isCurrent(watch) { slots[Int(watch.number)].handler = handler }
    }

    /// The object that is called for events of a descriptor.
    func handler(of watch: Watch) -> (any EventHandler)? {
        // Through a span the compiler (6.3.1) reads one member; through the array it copies the slot.
        isCurrent(watch) ? slots.span[Int(watch.number)].handler : nil
    }

    /// Whether the watch's descriptor is still the one that was opened.
    func isCurrent(_ watch: Watch) -> Bool {
        Int(watch.number) < slots.count && slots[Int(watch.number)].generation == watch.generation
    }

    /// Uses up the readiness to read; false when there is none.
    mutating func takeReadable(_ watch: Watch) -> Bool {
        isCurrent(watch) && slots[Int(watch.number)].takeReadable()
    }

    /// Records readiness; returns the task that it wakes.
    mutating func report(_ readiness: Readiness, of watch: Watch) -> ParkedTask? {
        isCurrent(watch) ? slots[Int(watch.number)].report(readiness) : nil
    }

    /// Begins a poll.
    mutating func beginPoll() {
        poll &+= 1
        hasRepeated = false
    }

    /// Records the kernel's report of a descriptor: once in each poll, where the kernel repeats itself.
    mutating func deliver(_ readiness: Readiness, of watch: Watch) -> ParkedTask? {
        guard isCurrent(watch) else { return nil }
        if slots[Int(watch.number)].isLevel {
            guard slots[Int(watch.number)].poll != poll else {
                hasRepeated = true
                return nil
            }
            slots[Int(watch.number)].poll = poll
        }
        return slots[Int(watch.number)].report(readiness)
    }

    /// Parks a task until readiness, interruption, or the tick at which its wait ends; returns the timer that is set
    /// for the descriptor.
    mutating func park(_ task: ParkedTask, until end: UInt64, at watch: Watch) -> Alarm? {
        precondition(isCurrent(watch), "a task waits for a descriptor that is open")
        return slots[Int(watch.number)].park(task, until: end)
    }

    /// Sets the timer of a descriptor.
    mutating func set(_ alarm: Alarm, for watch: Watch) {
        slots[Int(watch.number)].alarm = alarm
    }

    /// The end of the wait at a descriptor whose timer has fired; nil when no task waits.
    mutating func takeAlarm(of watch: Watch) -> UInt64? {
        guard isCurrent(watch) else { return nil }
        slots[Int(watch.number)].alarm = nil
        return slots[Int(watch.number)].task == nil ? nil : slots[Int(watch.number)].end
    }

    /// Removes the task without readiness.
    mutating func unpark(_ watch: Watch) -> ParkedTask? {
        guard isCurrent(watch) else { return nil }
        defer { slots[Int(watch.number)].task = nil }
        return slots[Int(watch.number)].task
    }
}

/// The target of a timer.
enum TimerTarget {
    /// The wait for a descriptor.
    case watch(Watch)
    /// A task's sleep, or its wait in a queue.
    case place(WaitQueue.Place)
    /// An object's deadline.
    case handler(any DeadlineHandler)
}
