/// What the loop knows of each descriptor, indexed by its number.
///
/// Touched on the loop's thread only. Thousands of descriptors take turns, so that a slot is cold when it is its turn:
/// all that a wait needs of it lies together.
struct WatchTable {
    /// A timer of the loop that was set for a descriptor.
    struct Alarm {
        let key: TimerWheel<TimerTarget>.Key
        /// The tick at which it goes off.
        let tick: UInt64
    }

    private struct Slot {
        /// The task that waits for something to read, and the tick at which the wait is over at the latest.
        var task: ParkedTask?
        /// Whether the kernel reports it as long as it is ready, and in which poll it did so for the last time.
        var isLevel = false
        var poll: UInt32 = 0
        var end = UInt64.max
        /// What was reported and not used up.
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

        /// Uses up that there is something to read; false when there is not.
        @inline(__always)
        mutating func takeReadable() -> Bool {
            guard readiness.contains(.toRead) else { return false }
            if !readiness.contains(.ended) { readiness.remove(.toRead) }
            return true
        }

        /// Notes readiness; hands back the task that it wakes.
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
    /// Whether it has reported something twice: the kernel puts what is still ready behind all that it has not reported.
    private(set) var hasRepeated = false

    /// Opens a new slot for a descriptor; whatever was known of the number's former owner is forgotten.
    ///
    /// Hands back the timer that was set for the former owner, to be cancelled.
    mutating func open(_ number: Int32, isLevel: Bool = false) -> (watch: Watch, alarm: Alarm?) {
        while slots.count <= Int(number) { slots.append(Slot()) }
        let (generation, alarm) = (slots[Int(number)].generation &+ 1, slots[Int(number)].alarm)
        slots[Int(number)] = Slot(isLevel: isLevel, generation: generation)
        return (Watch(number: number, generation: generation), alarm)
    }

    /// Says which object is called for each event of a descriptor from now on; nil for none.
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

    /// Uses up that there is something to read; false when there is not.
    mutating func takeReadable(_ watch: Watch) -> Bool {
        isCurrent(watch) && slots[Int(watch.number)].takeReadable()
    }

    /// Notes readiness; hands back the task that it wakes.
    mutating func report(_ readiness: Readiness, of watch: Watch) -> ParkedTask? {
        isCurrent(watch) ? slots[Int(watch.number)].report(readiness) : nil
    }

    /// Begins to ask the kernel what has happened.
    mutating func beginPoll() {
        poll &+= 1
        hasRepeated = false
    }

    /// The same for what the kernel reports: once in each poll, where it repeats itself.
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

    /// Parks a task until readiness, interruption, or the tick at which its time is over; hands back the timer that is
    /// set for the descriptor.
    mutating func park(_ task: ParkedTask, until end: UInt64, at watch: Watch) -> Alarm? {
        precondition(isCurrent(watch), "a task waits for a descriptor that is open")
        return slots[Int(watch.number)].park(task, until: end)
    }

    /// Notes which timer is set for a descriptor.
    mutating func set(_ alarm: Alarm, for watch: Watch) {
        slots[Int(watch.number)].alarm = alarm
    }

    /// The descriptor's timer has gone off: until when its task waits; nil when none does.
    mutating func takeAlarm(of watch: Watch) -> UInt64? {
        guard isCurrent(watch) else { return nil }
        slots[Int(watch.number)].alarm = nil
        return slots[Int(watch.number)].task == nil ? nil : slots[Int(watch.number)].end
    }

    /// Takes the task away without readiness.
    mutating func unpark(_ watch: Watch) -> ParkedTask? {
        guard isCurrent(watch) else { return nil }
        defer { slots[Int(watch.number)].task = nil }
        return slots[Int(watch.number)].task
    }
}

/// What a deadline of the loop ends.
enum TimerTarget {
    /// The wait for a descriptor.
    case watch(Watch)
    /// A task's sleep, or its wait for its turn.
    case place(WaitQueue.Place)
    /// What an object waits for.
    case handler(any DeadlineHandler)
}
