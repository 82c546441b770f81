/// A watched descriptor: its number, and the generation of that number's owner.
///
/// The kernel gives a closed descriptor's number to the next one opened. The generation distinguishes them, so that a
/// pending event of the one never reaches the other.
public struct Watch: Hashable, Sendable {
    /// Both in one, the form that travels through the kernel.
    let key: UInt64

    /// The descriptor's number.
    public var number: Int32 { Int32(truncatingIfNeeded: key) }
    var generation: UInt32 { UInt32(truncatingIfNeeded: key >> 32) }

    init(number: Int32, generation: UInt32) {
        key = UInt64(generation) << 32 | UInt64(UInt32(bitPattern: number))
    }

    init(key: UInt64) { self.key = key }
}

/// The handler of each watched descriptor, indexed by the descriptor's number.
struct WatchTable {
    private struct Slot {
        var generation: UInt32 = 0
        var handler: (any EventHandler)?
    }

    private var slots: [Slot] = []

    /// Opens a new slot for a descriptor, without the handler of the number's former owner.
    mutating func open(_ number: Int32) -> Watch {
        while slots.count <= Int(number) { slots.append(Slot()) }
        slots[Int(number)] = Slot(generation: slots[Int(number)].generation &+ 1)
        return Watch(number: number, generation: slots[Int(number)].generation)
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
}
