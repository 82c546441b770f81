/// Deadlines in a hierarchy of wheels: setting and cancelling take constant time, and only pending ones take memory.
///
/// Six wheels of 64 slots; a slot of one wheel is a whole turn of the wheel below. An entry starts in the wheel of the
/// highest bit in which its tick differs from the present one and moves down as its time comes near (Varghese and
/// Lauck, "Hashed and Hierarchical Timing Wheels", 1987, scheme 7). One tick is a millisecond; 2 to the 36 of them are
/// two years, and an entry further away waits that long and is put back.
///
/// The wheel has neither clock nor event loop: ticks go in, payloads come out.
struct TimerWheel<Payload> {
    /// The name of a pending entry.
    struct Key: Equatable {
        fileprivate let index: Int32
    }

    private struct Entry {
        var tick: UInt64
        var payload: Payload?
        var next: Int32
        var previous: Int32
        var slot: UInt16
    }

    private static var levels: Int { 6 }
    private static var none: Int32 { -1 }

    private var entries: [Entry] = []
    private var free = Self.none
    private var heads = [Int32](repeating: -1, count: 384)
    /// One bit a slot: whether it has entries.
    private var occupied: InlineArray<6, UInt64> = .init(repeating: 0)
    /// The slot whose time has come; its entries are removed one by one.
    private var emptying: Int?
    /// The earliest tick with an entry to expire or a slot to move down; nil for never.
    ///
    /// It is stored, for every iteration of a loop reads it, and few change it.
    private(set) var next: UInt64?
    /// Everything before this tick has expired.
    private(set) var present: UInt64

    /// An empty wheel that starts at a tick.
    init(at tick: UInt64) {
        present = tick
    }

    /// The payloads of all pending entries, in no order.
    var pending: [Payload] { entries.compactMap(\.payload) }

    /// Adds an entry; one that is already due expires with the next advance.
    mutating func insert(at tick: UInt64, _ payload: Payload) -> Key {
        let index: Int32
        let entry = Entry(tick: max(tick, present + 1), payload: payload, next: -1, previous: -1, slot: 0)
        if free != Self.none {
            index = free
            free = entries[Int(index)].next
            entries[Int(index)] = entry
        } else {
            index = Int32(entries.count)
            entries.append(entry)
        }
        let start = link(index)
        next = next.map { min($0, start) } ?? start
        return Key(index: index)
    }

    /// Removes a pending entry.
    mutating func cancel(_ key: Key) {
        unlink(key.index)
        recycle(key.index)
        findNext()
    }

    private mutating func findNext() {
        next = nextSlot.map { start(of: $0.slot, $0.level) }
    }

    /// The slot whose time comes first.
    ///
    /// Entries of a lower wheel come before its next turn, and so before all entries of a higher one.
    private var nextSlot: (level: Int, slot: Int)? {
        for level in 0..<Self.levels where occupied[level] != 0 {
            return (level, firstSlot(level))
        }
        return nil
    }

    /// Advances the present and returns due entries, one by one and in order of ticks; nil when no other entry is due
    /// by `tick`, which is then the present.
    ///
    /// Between two calls entries may be added and cancelled.
    mutating func takeNext(until tick: UInt64) -> Payload? {
        while emptying != nil || next ?? .max <= tick {
            if let payload = takeDue() { return payload }
            guard let (level, slot) = nextSlot, start(of: slot, level) <= tick else {
                findNext()
                break
            }
            present = start(of: slot, level)
            emptying = level * 64 + slot
        }
        present = max(present, tick)
        return nil
    }

    /// Removes one due entry from the slot that is being emptied; the others of the slot move to a wheel below.
    private mutating func takeDue() -> Payload? {
        guard let slot = emptying else { return nil }
        while heads[slot] != Self.none {
            let index = heads[slot]
            unlink(index)
            if entries[Int(index)].tick > present {
                _ = link(index)
            } else {
                let payload = entries[Int(index)].payload
                recycle(index)
                if let payload { return payload }
            }
        }
        emptying = nil
        return nil
    }

    /// The first occupied slot of a level from the present on.
    private func firstSlot(_ level: Int) -> Int {
        let hand = Int(truncatingIfNeeded: present >> (6 * level)) & 63
        // The slot at the hand itself has been emptied; an entry there is a whole turn away.
        let turned = rotateRight(occupied[level], by: (hand + 1) & 63)
        return (hand + 1 + turned.trailingZeroBitCount) & 63
    }

    /// The start tick of a slot.
    private func start(of slot: Int, _ level: Int) -> UInt64 {
        let width = 6 * level
        let turn = (present >> (width + 6)) << (width + 6)
        let tick = turn + UInt64(slot) << width
        return tick > present ? tick : tick + 1 << (width + 6)
    }

    private func rotateRight(_ bits: UInt64, by count: Int) -> UInt64 {
        bits >> count | bits << ((64 - count) & 63)
    }

    /// Puts an entry into its slot and returns the slot's start tick.
    private mutating func link(_ index: Int32) -> UInt64 {
        let tick = min(entries[Int(index)].tick, present + (1 << 36 - 1))
        let level = min(Self.levels - 1, (63 - ((tick ^ present) | 63).leadingZeroBitCount) / 6)
        let slot = Int(truncatingIfNeeded: tick >> (6 * level)) & 63
        let position = level * 64 + slot
        entries[Int(index)].slot = UInt16(position)
        entries[Int(index)].previous = Self.none
        entries[Int(index)].next = heads[position]
        if heads[position] != Self.none { entries[Int(heads[position])].previous = index }
        heads[position] = index
        occupied[level] |= 1 << UInt64(slot)
        return start(of: slot, level)
    }

    private mutating func unlink(_ index: Int32) {
        let entry = entries[Int(index)]
        if entry.next != Self.none { entries[Int(entry.next)].previous = entry.previous }
        if entry.previous != Self.none {
            entries[Int(entry.previous)].next = entry.next
        } else {
            let position = Int(entry.slot)
            heads[position] = entry.next
            if entry.next == Self.none { occupied[position / 64] &= ~(1 << UInt64(position % 64)) }
        }
    }

    private mutating func recycle(_ index: Int32) {
        entries[Int(index)].payload = nil
        entries[Int(index)].next = free
        free = index
    }
}
