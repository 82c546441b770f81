internal import System

/// The responses of a connection that have not left yet.
struct SendBuffer: ~Copyable {
    /// The bytes, to which responses are appended.
    var bytes: [UInt8] = []
    /// How many of them have left.
    private var sent = 0

    /// A buffer with more room than this is not kept.
    private static let keptRoom = 1 << 18

    /// Whether there are none.
    var isEmpty: Bool { bytes.isEmpty }
    /// How many bytes there are.
    var count: Int { bytes.count - sent }

    /// Provides a buffer to append to: the worker's, which most responses leave before the next is written.
    mutating func prepare(_ context: ConnectionContext) {
        if bytes.capacity == 0 { swap(&bytes, &context.sharedOutput) }
    }

    /// Lets `send` write as much as the kernel takes; false when that is not all.
    mutating func empty(
        _ context: ConnectionContext, _ send: (Span<UInt8>) throws(SystemError) -> Int?
    ) throws(SystemError) -> Bool {
        while sent < bytes.count {
            guard let count = try send(bytes.span.extracting(sent..<bytes.count)) else { return false }
            sent += count
        }
        giveUp(context)
        return true
    }

    /// Forgets what has not left and gives the buffer back.
    mutating func giveUp(_ context: ConnectionContext) {
        sent = 0
        guard bytes.capacity > 0 else { return }
        if bytes.capacity <= Self.keptRoom, context.sharedOutput.capacity == 0 {
            bytes.removeAll(keepingCapacity: true)
            swap(&bytes, &context.sharedOutput)
        } else {
            bytes = []
        }
    }
}
