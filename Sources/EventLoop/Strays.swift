internal import DequeModule

/// Watched descriptors that became readable while nobody waited for them: late replies, for the most part.
///
/// One task takes them, in the order in which they came, by the tags under which they are watched.
public final class Strays {
    private let loop: EventLoop
    private var tags: Deque<Int> = []
    private var taker: ParkedTask?
    private var isClosed = false

    /// Starts with none.
    public init(on loop: EventLoop) {
        self.loop = loop
    }

    /// Adds one, which the waiting task takes.
    public func add(_ tag: Int) {
        guard !isClosed else { return }
        tags.append(tag)
        wake()
    }

    /// Waits for the next one; nil once closed.
    public func next() async -> Int? {
        while tags.isEmpty, !isClosed { _ = await loop.suspend(at: .strays(self)) }
        return tags.popFirst()
    }

    /// Ends the waiting.
    public func close() {
        isClosed = true
        wake()
    }

    func keep(_ task: ParkedTask) { taker = task }

    private func wake() {
        guard let task = taker else { return }
        taker = nil
        loop.wake(task, .ready)
    }
}
