internal import DequeModule
public import System

/// The reason why a task's wait ended.
public enum Wake: Sendable {
    /// The event has come.
    case ready
    /// The deadline has passed.
    case expired
    /// The task was cancelled.
    case cancelled
}

/// The waits of one task, each of which ends with a wake or at its deadline.
///
/// It belongs to a task on the loop's thread that prefers the loop, also where it runs in an actor: a continuation
/// resumes on the task's preferred executor, and without one on a thread of the global pool, before the task moves to
/// its actor.
@safe
public final class Suspension: EventHandler, DeadlineHandler {
    private unowned let loop: EventLoop
    private var task: UnsafeContinuation<Wake, Never>?
    private var timer: TimerWheel<any DeadlineHandler>.Key?
    /// A wake that came before the task waited.
    private var early: Wake?

    /// No wait yet, for a task on this loop.
    public init(on loop: EventLoop) {
        self.loop = loop
    }

    /// Waits for a wake, or until the deadline has passed.
    ///
    /// It may also return for an earlier wake, from a time when the task did not wait: check again, and wait again.
    public func wait(until deadline: MonotonicTime = .never) async -> Wake {
        assert(loop.isCurrent, "a task waits on its loop's thread")
        precondition(unsafe task == nil, "one task at a time waits here")
        return unsafe await withUnsafeContinuation { task in
            // Here, for the task may have gone through the loop's queue once more on its way.
            if let early {
                self.early = nil
                return unsafe task.resume(returning: early)
            }
            unsafe self.task = unsafe task
            if deadline != .never { timer = loop.confined.timers.insert(at: LoopState.tick(after: deadline), self) }
        }
    }

    /// Waits as above, also until the task is cancelled; `isolation` keeps the closure on the caller's executor, which is the
    /// loop.
    func waitOrCancel(
        until deadline: MonotonicTime, isolation: isolated (any Actor)? = #isolation
    ) async -> Wake {
        // A task is cancelled from any thread; its wait ends on the loop's.
        nonisolated(unsafe) let suspension = self
        let loop = loop
        return await withTaskCancellationHandler {
            _ = isolation
            return await unsafe suspension.wait(until: deadline)
        } onCancel: {
            Task(executorPreference: loop) { unsafe suspension.wake(.cancelled) }
        }
    }

    /// Wakes the task, now or at its next wait.
    public func wake(_ wake: Wake = .ready) {
        assert(loop.isCurrent, "a task is woken on its loop's thread")
        guard let task = unsafe task else {
            early = wake
            return
        }
        unsafe self.task = nil
        if let timer { loop.confined.timers.cancel(timer) }
        timer = nil
        unsafe task.resume(returning: wake)
    }

    /// Wakes the task after a call of ``EventLoop/callAgain(_:)``.
    public func ready(_ readiness: Readiness) { wake() }

    /// Wakes the task at its deadline.
    public func alarm() {
        timer = nil
        wake(.expired)
    }
}

extension EventLoop {
    /// Waits until a point in time, or until the task is cancelled.
    public func sleep(until time: MonotonicTime) async { _ = await Suspension(on: self).waitOrCancel(until: time) }

    /// Lets the ready tasks run first.
    public func yield() async {
        let suspension = Suspension(on: self)
        callAgain(suspension)
        _ = await suspension.wait()
    }
}

/// Elements that are ready, in order of arrival, for one task that waits for them.
public final class ReadyQueue<Element> {
    private var elements: Deque<Element> = []
    private let suspension: Suspension
    private var isClosed = false

    /// An empty queue, whose task runs on this loop.
    public init(on loop: EventLoop) { suspension = Suspension(on: loop) }

    /// Adds an element, which the waiting task takes.
    public func add(_ element: Element) {
        guard !isClosed else { return }
        elements.append(element)
        suspension.wake()
    }

    /// Waits for the next element; nil once the queue is closed and empty.
    public func next() async -> Element? {
        while elements.isEmpty, !isClosed { _ = await suspension.wait() }
        return elements.popFirst()
    }

    /// Closes the queue.
    public func close() {
        isClosed = true
        suspension.wake()
    }
}
