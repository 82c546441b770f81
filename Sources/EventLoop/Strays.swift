internal import DequeModule

/// Watched descriptors that became readable while nobody waited for them: late replies, for the most part.
///
/// One task takes them, in the order in which they came, by the tags under which they are watched.
@safe
public final class Strays {
    private var tags: Deque<Int> = []
    private var taker: UnsafeContinuation<Int?, Never>?
    private var isClosed = false

    /// Starts with none.
    public init() {}

    func add(_ tag: Int) {
        if let taker = unsafe taker {
            unsafe self.taker = nil
            unsafe taker.resume(returning: tag)
        } else {
            tags.append(tag)
        }
    }

    /// Waits for the next one; nil once closed.
    public func next() async -> Int? {
        if let first = tags.popFirst() { return first }
        if isClosed { return nil }
        return await unsafe withUnsafeContinuation { continuation in
            // Where the language sends the task round the loop before it suspends, one may have come by now.
            if let first = tags.popFirst() {
                unsafe continuation.resume(returning: first)
            } else {
                unsafe taker = continuation
            }
        }
    }

    /// Ends the waiting.
    public func close() {
        isClosed = true
        unsafe taker?.resume(returning: nil)
        unsafe taker = nil
    }
}
