public import System
internal import DequeModule

/// Tasks that wait for their turn, in the order in which they came.
///
/// The first one has its turn: it keeps its place until it leaves, however often it has to wait again.
public final class WaitQueue {
    /// One task's place in the queue.
    public final class Place {
        private let loop: EventLoop
        private var task: ParkedTask?
        private var timer: TimerWheel<TimerTarget>.Key?
        /// A call that came before the task was suspended.
        private var early: Wake?

        init(loop: EventLoop) {
            self.loop = loop
        }

        /// Waits until it is this place's turn or the deadline has passed.
        ///
        /// It may also return for a call that came before, when the task did not wait: look again, and wait again.
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

        /// Wakes the task, now or when it waits next.
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

    /// Nobody waits yet.
    public init(on loop: EventLoop) {
        self.loop = loop
    }

    /// Whether nobody waits.
    public var isEmpty: Bool { places.isEmpty }

    /// Takes the last place.
    public func join() -> Place {
        let place = Place(loop: loop)
        places.append(place)
        return place
    }

    /// Whether it is this place's turn.
    public func isFirst(_ place: Place) -> Bool { places.first === place }

    /// Gives a place up; where it was the first, the next one has its turn.
    public func leave(_ place: Place) {
        let wasFirst = isFirst(place)
        if let index = places.firstIndex(where: { $0 === place }) { places.remove(at: index) }
        if wasFirst { wakeFirst() }
    }

    /// Lets the first one look again.
    public func wakeFirst() {
        places.first?.wake(.ready)
    }
}
