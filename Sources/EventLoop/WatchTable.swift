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
        /// The task that waits for the descriptor, what for, and the tick at which the wait is over at the latest.
        var task: ParkedTask?
        var direction: Readiness = []
        /// Whether the kernel reports it as long as it is ready, and in which look it did so for the last time.
        var isLevel = false
        var look: UInt32 = 0
        var end = UInt64.max
        /// What was reported and not used up.
        var readiness: Readiness = []
        var generation: UInt32 = 0
        var alarm: Alarm?
        /// The object that is called for each event, where no task waits.
        var handler: (any EventHandler)?
        /// Where events go that come while nobody waits.
        var strays: Strays?
        var tag = 0

        @inline(__always)
        mutating func park(_ task: ParkedTask, _ direction: Readiness, until end: UInt64) -> Alarm? {
            precondition(self.task == nil, "one task at a time waits for a descriptor")
            (self.task, self.direction, self.end) = (task, direction, end)
            return alarm
        }

        /// Uses readiness up; false when there is none.
        @inline(__always)
        mutating func take(_ direction: Readiness) -> Bool {
            guard readiness.contains(direction) else { return false }
            if !readiness.contains(direction.lasting) { readiness.remove(direction) }
            return true
        }

        /// Notes readiness; hands back the task that it wakes.
        @inline(__always)
        mutating func report(_ news: Readiness) -> ParkedTask? {
            readiness.formUnion(news)
            guard let task else {
                strays?.add(tag)
                return nil
            }
            guard take(direction) else { return nil }
            self.task = nil
            return task
        }
    }

    private var slots: [Slot] = []
    /// The number of the look at what the kernel has to tell.
    private var look: UInt32 = 0
    /// Whether that has told something twice: the kernel puts what is still ready behind all that it has not told.
    private(set) var hasRepeated = false

    /// Opens a new slot for a descriptor; whatever was known of the number's former owner is forgotten.
    ///
    /// Hands back the timer that was set for the former owner, which nobody needs any more.
    mutating func open(
        _ number: Int32, isLevel: Bool = false, strays: Strays?, tag: Int
    ) -> (watch: Watch, alarm: Alarm?) {
        while slots.count <= Int(number) { slots.append(Slot()) }
        let (generation, alarm) = (slots[Int(number)].generation &+ 1, slots[Int(number)].alarm)
        slots[Int(number)] = Slot(isLevel: isLevel, generation: generation, strays: strays, tag: tag)
        return (Watch(number: number, generation: generation), alarm)
    }

    /// Says which object is called for each event of a descriptor from now on; nil for none.
    mutating func setHandler(_ handler: (any EventHandler)?, of watch: Watch) {
        if isCurrent(watch) { slots[Int(watch.number)].handler = handler }
    }

    /// The object that is called for events of a descriptor.
    func handler(of watch: Watch) -> (any EventHandler)? {
        isCurrent(watch) ? slots[Int(watch.number)].handler : nil
    }

    /// Whether the watch's descriptor is still the one that was opened.
    func isCurrent(_ watch: Watch) -> Bool {
        Int(watch.number) < slots.count && slots[Int(watch.number)].generation == watch.generation
    }

    /// Uses readiness up; false when there is none.
    mutating func take(_ direction: Readiness, of watch: Watch) -> Bool {
        isCurrent(watch) && slots[Int(watch.number)].take(direction)
    }

    /// Notes readiness; hands back the task that it wakes.
    mutating func report(_ readiness: Readiness, of watch: Watch) -> ParkedTask? {
        isCurrent(watch) ? slots[Int(watch.number)].report(readiness) : nil
    }

    /// Begins a look at what the kernel has to tell.
    mutating func beginLook() {
        look &+= 1
        hasRepeated = false
    }

    /// The same for what the kernel tells: once in each look, where it goes on telling.
    mutating func hear(_ readiness: Readiness, of watch: Watch) -> ParkedTask? {
        guard isCurrent(watch) else { return nil }
        if slots[Int(watch.number)].isLevel {
            guard slots[Int(watch.number)].look != look else {
                hasRepeated = true
                return nil
            }
            slots[Int(watch.number)].look = look
        }
        return slots[Int(watch.number)].report(readiness)
    }

    /// Says where events go that come while nobody waits.
    mutating func collect(_ watch: Watch, in strays: Strays?, tag: Int) {
        slots[Int(watch.number)].strays = strays
        slots[Int(watch.number)].tag = tag
        // What came before, while nobody waited and nobody collected, will not be reported again.
        if slots[Int(watch.number)].readiness.contains(.toRead) { strays?.add(tag) }
    }

    /// Parks a task until readiness, interruption, or the tick at which its time is over; hands back the timer that is
    /// set for the descriptor.
    mutating func park(_ task: ParkedTask, _ direction: Readiness, until end: UInt64, at watch: Watch) -> Alarm? {
        precondition(isCurrent(watch), "nobody waits for a descriptor that is gone")
        return slots[Int(watch.number)].park(task, direction, until: end)
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
