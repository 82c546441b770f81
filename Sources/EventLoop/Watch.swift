internal import CLinux
internal import Glibc

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

/// The kind of a watched descriptor, which decides about the kernel's reports (epoll_ctl(2)).
public enum WatchKind: Sendable {
    /// A stream: reported once when bytes or room for bytes appear, and when the other side ends.
    case stream
    /// A UDP socket that is read until it is empty: reported once when a datagram or an error arrives. Room to send is
    /// requested when a send fails for lack of it.
    case datagrams
    /// A UDP socket from which one datagram is taken at a time: reported as long as there is another, or an error.
    case singleDatagrams
    /// A listening socket: reported as long as a connection waits.
    case listener

    var flags: UInt32 {
        switch self {
        case .stream: EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        case .datagrams: EPOLLIN.rawValue | EPOLLET.rawValue
        case .singleDatagrams, .listener: EPOLLIN.rawValue
        }
    }
}

/// The kernel's report of a descriptor (epoll_ctl(2)).
@frozen
public struct Readiness: OptionSet, Sendable {
    /// The four bits.
    public let rawValue: UInt8

    /// There is something to read, or an error to learn.
    @inlinable public static var toRead: Readiness { Readiness(rawValue: 1) }
    /// There is room to write, or an error to learn.
    @inlinable public static var toWrite: Readiness { Readiness(rawValue: 2) }
    /// No more bytes will come: it stays ready to read, for the next call tells how it ended.
    @inlinable public static var ended: Readiness { Readiness(rawValue: 4) }
    /// Both directions have ended.
    ///
    /// The end of the incoming bytes is not enough for that: a peer that has sent everything may still listen, and
    /// slowly.
    @inlinable public static var hungUp: Readiness { Readiness(rawValue: 8) }

    /// Readiness by its bits.
    @inlinable
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    init(epoll flags: UInt32) {
        var readiness: Readiness = []
        let ends = EPOLLRDHUP.rawValue | EPOLLHUP.rawValue
        if flags & (EPOLLIN.rawValue | EPOLLERR.rawValue) != 0 { readiness.insert(.toRead) }
        if flags & (EPOLLOUT.rawValue | EPOLLERR.rawValue) != 0 { readiness.insert(.toWrite) }
        if flags & ends != 0 { readiness.formUnion([.ended, .toRead]) }
        if flags & EPOLLHUP.rawValue != 0 { readiness.formUnion([.hungUp, .toWrite]) }
        self = readiness
    }
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
