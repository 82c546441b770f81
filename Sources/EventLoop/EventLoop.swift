internal import DequeModule
public import System

/// One thread that waits for descriptors and deadlines and calls their handlers.
///
/// It is an executor, too: an actor that names its `executor`, or a task that prefers the loop, runs on its thread
/// alone, so that such code needs no lock for shared state. An iteration of the loop runs the ready jobs, then polls the
/// kernel (epoll_wait(2)) and calls the handlers of its events and of the deadlines that have passed.
public final class EventLoop: TaskExecutor {
    @usableFromInline nonisolated(unsafe) let state: LoopState
    @usableFromInline let queue: JobQueue
    private let actors: LoopActors
    /// The key of the queue's waker: no descriptor has this number.
    private static let wakerKey = UInt64.max
    /// The most polls of an iteration, where the kernel reports as many events as fit one wait.
    private static let maximumPolls = 16

    /// Opens the epoll instance; the loop begins when a thread calls `run()`.
    public init() throws(SystemError) {
        let poller = try Poller()
        queue = try JobQueue()
        actors = LoopActors(queue: queue)
        try poller.add(queue.waker.descriptor.number, as: .waker, key: Self.wakerKey)
        unsafe state = LoopState(poller: poller)
    }

    /// Whether the calling thread is the loop's.
    @inlinable var isCurrent: Bool { queue.isCurrent }

    @inlinable @inline(__always)
    var confined: LoopState {
        assert(isCurrent, "only the loop's own thread may touch it")
        return unsafe state
    }

    /// Takes a job of a task that prefers the loop.
    public func enqueue(_ job: consuming ExecutorJob) {
        queue.add(JobQueue.Job(job: UnownedJob(job), isActor: false))
    }

    /// The executor that an actor names to run on this loop.
    ///
    /// It does not keep the loop alive: the actor must.
    @safe
    public var executor: UnownedSerialExecutor { unsafe actors.asUnownedSerialExecutor() }

    // MARK: - Running

    /// Runs the loop on the calling thread until `stop()`.
    public func run() {
        queue.belongToThisThread(true)
        defer { queue.belongToThisThread(false) }
        let state = confined
        // The loop may have been opened long before it runs.
        state.now = .now()
        while !queue.hasEnded {
            unsafe queue.run(tasks: asUnownedTaskExecutor(), actors: actors.asUnownedSerialExecutor())
            callAgainHandlers(state)
            poll(state)
            expireDeadlines(state)
        }
    }

    /// Calls the handlers that asked for another call; those that ask once more wait for the next iteration.
    private func callAgainHandlers(_ state: LoopState) {
        for _ in 0..<state.calledAgain.count { state.calledAgain.popFirst()?.ready([]) }
    }

    /// Calls the handlers of the deadlines that have passed.
    ///
    /// The sockets come first: a process that was stopped and continues finds deadlines that have passed and replies
    /// that came in time, and the kernel's earlier events are from before the stop.
    private func expireDeadlines(_ state: LoopState) {
        guard let next = state.timers.next, next <= LoopState.tick(state.now) else { return }
        let due = LoopState.tick(state.now)
        poll(state, mayRest: false)
        while let handler = state.timers.takeNext(until: due) { handler.alarm() }
    }

    /// Lets `run()` return after the ready jobs.
    ///
    /// Any thread may call it.
    public func stop() { queue.stop() }

    /// Polls the kernel until it has reported everything, and calls the handlers.
    private func poll(_ state: LoopState, mayRest: Bool = true) {
        let before = state.now
        var timeout = mayRest ? timeout(state) : 0
        for _ in 0..<Self.maximumPolls {
            let count = state.poller.wait(milliseconds: timeout)
            state.now = .now()
            for index in 0..<count { dispatch(state.poller.event(index), state) }
            if count < Poller.batch {
                state.reported = before
                break
            }
            timeout = 0
        }
    }

    /// The longest sleep in the kernel, in the form of epoll_wait(2).
    private func timeout(_ state: LoopState) -> Int32 {
        guard queue.mayRest, state.calledAgain.isEmpty else { return 0 }
        guard let next = state.timers.next else { return -1 }
        let now = LoopState.tick(state.now)
        return next <= now ? 0 : Int32(clamping: next - now)
    }

    private func dispatch(_ event: Poller.Event, _ state: LoopState) {
        if event.key == Self.wakerKey { return queue.collect() }
        state.watches.handler(of: Watch(key: event.key))?.ready(event.readiness)
    }
}

// MARK: - What handlers ask for

extension EventLoop {
    /// The time at the beginning of this iteration: good enough for deadlines, and free.
    @inlinable public var now: MonotonicTime { confined.now }

    /// A time before which all events of watched descriptors have been reported: usually the start of the iteration
    /// before.
    ///
    /// Code that must not overlook an event uses it: when the thread was held up, `now` has moved on, and the events of
    /// that time may be unreported.
    @inlinable public var reported: MonotonicTime { confined.reported }

    /// Begins to watch a descriptor, which leaves by itself when it is closed.
    public func watch(_ descriptor: borrowing Descriptor, as kind: WatchKind) throws(SystemError) -> Watch {
        let watch = confined.watches.open(descriptor.number)
        try confined.poller.add(descriptor.number, as: kind, key: watch.key)
        return watch
    }

    /// Begins to watch a descriptor and calls the handler for each event until `release(_:)`.
    public func watch(
        _ descriptor: borrowing Descriptor, as kind: WatchKind, handler: some EventHandler
    ) throws(SystemError) -> Watch {
        let watch = try watch(descriptor, as: kind)
        setHandler(handler, of: watch)
        return watch
    }

    /// Sets the handler for each event of a watched descriptor, until `release(_:)`.
    public func setHandler(_ handler: some EventHandler, of watch: Watch) {
        confined.watches.setHandler(handler, of: watch)
    }

    /// Removes a descriptor's handler and releases it.
    public func release(_ watch: Watch) { confined.watches.setHandler(nil, of: watch) }

    /// Calls the handler once more, without readiness, after all that are ready now.
    public func callAgain(_ handler: some EventHandler) { confined.calledAgain.append(handler) }

    /// Watches a descriptor again after `unwatch(_:)`; events of the meantime are reported.
    func rewatch(_ watch: Watch, as kind: WatchKind) throws(SystemError) {
        try confined.poller.add(watch.number, as: kind, key: watch.key)
    }

    /// Stops watching a descriptor that stays open.
    public func unwatch(_ watch: Watch) {
        if confined.watches.isCurrent(watch) { confined.poller.remove(watch.number) }
    }

    /// The objects that have a timer, in no order: all that have a deadline, and some that have cleared theirs.
    public var deadlineHandlers: [any DeadlineHandler] { confined.timers.pending }
}

// MARK: - Threads

extension EventLoop {
    /// Runs the loop on a thread of its own until `stop()`.
    public func start() throws(SystemError) {
        try Thread.start { self.run() }
    }

    /// Runs an asynchronous program from first to last on the calling thread, which runs an event loop for it.
    ///
    /// Throws the program's error, or a `SystemError` when no loop can be opened.
    public static func run(_ program: @escaping @Sendable (EventLoop) async throws -> Void) throws {
        let loop = try EventLoop()
        // The task runs on this thread.
        nonisolated(unsafe) var failure: (any Error)?
        Task(executorPreference: loop) {
            do { try await program(loop) } catch { unsafe failure = error }
            loop.stop()
        }
        loop.run()
        if let failure = unsafe failure { throw failure }
    }
}

/// The state that only the loop's own thread touches.
@usableFromInline
final class LoopState {
    var poller: Poller
    var watches = WatchTable()
    var timers: TimerWheel<any DeadlineHandler>
    /// Handlers that have asked for another call, in their order.
    var calledAgain: Deque<any EventHandler> = []
    @usableFromInline var now: MonotonicTime
    @usableFromInline var reported: MonotonicTime

    init(poller: consuming Poller) {
        self.poller = poller
        now = .now()
        reported = now
        timers = TimerWheel(at: Self.tick(now))
    }

    /// The tick of a time; deadlines have a resolution of milliseconds.
    static func tick(_ time: MonotonicTime) -> UInt64 { time.nanoseconds / 1_000_000 }

    /// The tick at which a deadline has surely passed: a wait may end late, never early.
    static func tick(after deadline: MonotonicTime) -> UInt64 { tick(deadline) + 1 }
}
