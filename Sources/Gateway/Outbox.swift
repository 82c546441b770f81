internal import HTTP
internal import Sockets

/// The responses of a connection that have not left yet, in a rented buffer.
struct Outbox: ~Copyable {
    private let pool: BufferPool
    /// The bytes, to which responses are appended after ``prepare()``.
    var buffer: [UInt8] = []
    /// How many bytes have left.
    private var sent = 0

    init(desk: Desk) {
        pool = desk.pool
    }

    /// Whether there are none.
    var isEmpty: Bool { buffer.isEmpty }
    /// How many bytes there are.
    var count: Int { buffer.count }

    /// Provides a buffer to append to.
    mutating func prepare() {
        // An empty one may be rented already.
        if buffer.capacity == 0 { buffer = pool.rentOutput() }
    }

    /// Lets `send` write as much as the kernel takes; false when that is not all.
    @inline(__always)
    mutating func empty(_ send: (Span<UInt8>) throws(SocketError) -> Int?) throws(SocketError) -> Bool {
        while sent < buffer.count {
            guard let count = try send(buffer.span.extracting(sent..<buffer.count)) else { return false }
            sent += count
        }
        buffer.removeAll(keepingCapacity: true)
        sent = 0
        return true
    }

    /// Gives the buffer back; what has not left is forgotten.
    mutating func giveBack() {
        pool.giveBackOutput(&buffer)
        sent = 0
    }
}
