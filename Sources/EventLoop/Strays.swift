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
        await unsafe withUnsafeContinuation { taker in
            // The language may send the task round the loop before it suspends; by now the next one may be here.
            if let first = tags.popFirst() {
                unsafe taker.resume(returning: first)
            } else if isClosed {
                unsafe taker.resume(returning: nil)
            } else {
                unsafe self.taker = taker
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
