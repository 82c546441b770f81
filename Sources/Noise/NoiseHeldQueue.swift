internal import System
internal import EventLoop
internal import HeapModule

/// Datagrams that are under way, in the order in which they arrive.
///
/// Those that are due at the same time arrive in the order in which they were put in. Its memory is bounded.
struct NoiseHeldQueue<Payload> {
    private struct Entry: Comparable {
        let due: MonotonicTime
        let order: UInt64
        let size: Int
        let payload: Payload

        static func < (left: Entry, right: Entry) -> Bool { (left.due, left.order) < (right.due, right.order) }
        static func == (left: Entry, right: Entry) -> Bool { left.order == right.order }
    }

    /// What one entry takes beside the datagram's bytes: itself, and the head and slack of an array.
    static var overhead: Int { 128 }

    private let limit: Int
    private var entries = Heap<Entry>()
    private var inserted: UInt64 = 0
    /// How much memory the entries take, in bytes.
    private(set) var bytes = 0

    /// An empty queue that takes at most `limit` bytes.
    init(limit: Int) {
        self.limit = limit
    }

    /// When the next one arrives.
    var nextDue: MonotonicTime? { entries.min?.due }

    /// Whether there is room for `size` more bytes.
    func hasRoom(for size: Int) -> Bool {
        size + Self.overhead <= limit - bytes
    }

    /// Puts one in, for which there must be room.
    mutating func insert(_ payload: Payload, size: Int, due: MonotonicTime) {
        precondition(hasRoom(for: size), "the queue has room")
        inserted += 1
        bytes += size + Self.overhead
        entries.insert(Entry(due: due, order: inserted, size: size, payload: payload))
    }

    /// Takes out the first that is due.
    mutating func popDue(at now: MonotonicTime) -> Payload? {
        guard let first = entries.min, first.due <= now else { return nil }
        entries.removeMin()
        bytes -= first.size + Self.overhead
        return first.payload
    }
}
