internal import DequeModule
internal import System

/// Elements that are ready, in order of arrival, for one task that waits for them.
public final class ReadyQueue<Element> {
    private var elements: Deque<Element> = []
    private let place: WaitQueue.Place
    private var isClosed = false

    /// An empty queue, whose task runs on this loop.
    public init(on loop: EventLoop) { place = WaitQueue.Place(loop: loop) }

    /// Adds an element, which the waiting task takes.
    public func add(_ element: Element) {
        guard !isClosed else { return }
        elements.append(element)
        place.wake(.ready)
    }

    /// Waits for the next element; nil once the queue is closed and empty.
    public func next() async -> Element? {
        while elements.isEmpty, !isClosed { _ = await place.wait(until: .never) }
        return elements.popFirst()
    }

    /// Closes the queue.
    public func close() {
        isClosed = true
        place.wake(.ready)
    }
}
