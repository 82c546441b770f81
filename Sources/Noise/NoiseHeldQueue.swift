internal import System
internal import HeapModule

/// Datagrams under way, in the order of their arrival.
///
/// Datagrams that are due at the same time arrive in the order of insertion. The queue's memory is bounded.
struct NoiseHeldQueue<Payload> {
    private struct Entry: Comparable {
        let due: MonotonicTime
        let order: UInt64
        let size: Int
        let payload: Payload

        static func < (left: Entry, right: Entry) -> Bool { (left.due, left.order) < (right.due, right.order) }
        static func == (left: Entry, right: Entry) -> Bool { left.order == right.order }
    }

    /// The bytes of one entry besides the datagram: itself, and an array's header and slack.
    static var overhead: Int { 128 }

    private let limit: Int
    private var entries = Heap<Entry>()
    private var inserted: UInt64 = 0
    /// The memory of the entries, in bytes.
    private(set) var bytes = 0

    /// An empty queue of at most `limit` bytes.
    init(limit: Int) {
        self.limit = limit
    }

    /// The arrival of the next datagram.
    var nextDue: MonotonicTime? { entries.min?.due }

    /// Whether there is room for `size` more bytes.
    func hasRoom(for size: Int) -> Bool {
        size + Self.overhead <= limit - bytes
    }

    /// Inserts a datagram, for which there must be room.
    mutating func insert(_ payload: Payload, size: Int, due: MonotonicTime) {
        precondition(hasRoom(for: size), "the queue has room")
        inserted += 1
        bytes += size + Self.overhead
        entries.insert(Entry(due: due, order: inserted, size: size, payload: payload))
    }

    /// Removes the first datagram that is due.
    mutating func popDue(at now: MonotonicTime) -> Payload? {
        guard let first = entries.min, first.due <= now else { return nil }
        entries.removeMin()
        bytes -= first.size + Self.overhead
        return first.payload
    }
}
