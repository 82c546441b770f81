internal import System

/// The responses of a connection that have not left yet.
struct SendBuffer: ~Copyable {
    /// The bytes, to which responses are appended.
    var bytes: [UInt8] = []
    /// The number of bytes that have left.
    private var sent = 0

    /// The largest buffer that is reused.
    private static let keptRoom = 1 << 18

    var isEmpty: Bool { bytes.isEmpty }
    var count: Int { bytes.count - sent }

    /// Provides a buffer to append to: the worker's, which most responses leave before the next one.
    mutating func prepare(_ context: ConnectionContext) {
        if bytes.capacity == 0 { swap(&bytes, &context.sharedOutput) }
    }

    /// Lets `send` write as much as the kernel takes; false when some bytes remain.
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

    /// Drops the remaining bytes and gives the buffer back.
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
