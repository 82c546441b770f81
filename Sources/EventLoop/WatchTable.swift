/// What the loop knows of each descriptor, indexed by its number.
///
/// Touched on the loop's thread only.
struct WatchTable {
    /// A task that waits for a descriptor.
    struct Waiter {
        let task: ParkedTask
        let direction: Readiness
        let timer: TimerWheel<TimerTarget>.Key?
    }

    struct Slot {
        var generation: UInt32 = 0
        var readiness: Readiness = []
        var waiter: Waiter?
        /// Where events go that come while nobody waits.
        var strays: Strays?
        var tag = 0
    }

    private var slots: [Slot] = []

    /// Opens a new slot for a descriptor; whatever was known of the number's former owner is forgotten.
    mutating func open(_ number: Int32, strays: Strays?, tag: Int) -> Watch {
        while slots.count <= Int(number) { slots.append(Slot()) }
        let generation = slots[Int(number)].generation &+ 1
        slots[Int(number)] = Slot(generation: generation, strays: strays, tag: tag)
        return Watch(number: number, generation: generation)
    }

    /// Whether the watch's descriptor is still the one that was opened.
    func isCurrent(_ watch: Watch) -> Bool {
        Int(watch.number) < slots.count && slots[Int(watch.number)].generation == watch.generation
    }

    /// Uses readiness up; false when there is none.
    mutating func take(_ direction: Readiness, of watch: Watch) -> Bool {
        guard isCurrent(watch), slots[Int(watch.number)].readiness.contains(direction) else { return false }
        if !slots[Int(watch.number)].readiness.contains(direction.lasting) {
            slots[Int(watch.number)].readiness.remove(direction)
        }
        return true
    }

    /// Notes readiness; hands back the waiter whom it wakes.
    mutating func report(_ readiness: Readiness, of watch: Watch) -> Waiter? {
        guard isCurrent(watch) else { return nil }
        slots[Int(watch.number)].readiness.formUnion(readiness)
        guard let waiter = slots[Int(watch.number)].waiter else {
            slots[Int(watch.number)].strays?.add(slots[Int(watch.number)].tag)
            return nil
        }
        guard take(waiter.direction, of: watch) else { return nil }
        slots[Int(watch.number)].waiter = nil
        return waiter
    }

    /// Says where events go that come while nobody waits.
    mutating func collect(_ watch: Watch, in strays: Strays?, tag: Int) {
        slots[Int(watch.number)].strays = strays
        slots[Int(watch.number)].tag = tag
        // What came before, while nobody waited and nobody collected, will not be reported again.
        if slots[Int(watch.number)].readiness.contains(.toRead) { strays?.add(tag) }
    }

    /// Parks a task until readiness, deadline or interruption.
    mutating func park(_ waiter: Waiter, at watch: Watch) {
        precondition(isCurrent(watch), "nobody waits for a descriptor that is gone")
        precondition(slots[Int(watch.number)].waiter == nil, "one task at a time waits for a descriptor")
        slots[Int(watch.number)].waiter = waiter
    }

    /// Takes the waiter away without readiness.
    mutating func unpark(_ watch: Watch) -> Waiter? {
        guard isCurrent(watch) else { return nil }
        defer { slots[Int(watch.number)].waiter = nil }
        return slots[Int(watch.number)].waiter
    }
}

/// What a deadline of the loop ends.
enum TimerTarget {
    /// The wait for a descriptor.
    case watch(Watch)
    /// A task's sleep, or its wait for its turn.
    case place(WaitQueue.Place)
}
