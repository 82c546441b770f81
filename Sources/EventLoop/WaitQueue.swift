public import System
internal import DequeModule

/// Tasks that wait one after the other, in order of arrival.
///
/// The first one is next: it keeps its place until it leaves, however often it has to wait again.
public final class WaitQueue {
    /// One task's place in the queue.
    public final class Place {
        private let loop: EventLoop
        private var task: ParkedTask?
        private var timer: TimerWheel<TimerTarget>.Key?
        /// A wake that came before the task was suspended.
        private var early: Wake?

        init(loop: EventLoop) {
            self.loop = loop
        }

        /// Waits until this place is the first or the deadline has passed.
        ///
        /// It may also return for an earlier wake, from a time when the task did not wait: check again, and wait again.
        public func wait(until deadline: MonotonicTime) async -> Wake {
            if let early {
                self.early = nil
                return early
            }
            return await loop.suspend(at: .place(self, deadline))
        }

        func store(_ task: ParkedTask, _ timer: TimerWheel<TimerTarget>.Key?) {
            (self.task, self.timer) = (task, timer)
        }

        /// Wakes the task, now or at its next wait.
        func wake(_ wake: Wake) {
            guard let task else {
                early = wake
                return
            }
            self.task = nil
            if wake != .expired, let timer { loop.cancel(timer) }
            timer = nil
            loop.wake(task, wake)
        }
    }

    private let loop: EventLoop
    private var places: Deque<Place> = []

    /// An empty queue.
    public init(on loop: EventLoop) {
        self.loop = loop
    }

    /// Whether no task waits.
    public var isEmpty: Bool { places.isEmpty }

    /// Takes the last place.
    public func join() -> Place {
        let place = Place(loop: loop)
        places.append(place)
        return place
    }

    /// Whether the place is the first.
    public func isFirst(_ place: Place) -> Bool { places.first === place }

    /// Gives up a place; after the first one, the next one is woken.
    public func leave(_ place: Place) {
        let wasFirst = isFirst(place)
        if let index = places.firstIndex(where: { $0 === place }) { places.remove(at: index) }
        if wasFirst { wakeFirst() }
    }

    /// Wakes the first task, to check again.
    public func wakeFirst() {
        places.first?.wake(.ready)
    }
}
