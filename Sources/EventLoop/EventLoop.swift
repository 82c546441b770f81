internal import CLinux
internal import DequeModule
public import System

/// One thread that waits for descriptors and deadlines and runs the tasks that wait for them.
///
/// It is an executor: an actor that names its `executor`, or a task that prefers the loop, runs on its thread alone, so
/// that such code needs no lock for shared state. An iteration of the loop runs the ready jobs, then polls the kernel
/// (epoll_wait(2)), calls the handlers of its events and wakes the tasks that wait for them.
public final class EventLoop: TaskExecutor {
    @usableFromInline nonisolated(unsafe) let state: LoopState
    @usableFromInline let queue: JobQueue
    private let actors: LoopActors
    private let parking: ParkingLot
    /// The key under which the queue's bell is watched: no descriptor has this number.
    private static let bellKey = UInt64.max
    /// The most waits of an iteration that may end at once before the loop polls again.
    private static let maximumShortcuts = 64
    /// The most polls of an iteration, where the kernel reports as many events as fit one wait.
    private static let maximumPolls = 16

    /// Opens the epoll instance; the loop begins when a thread calls `run()`.
    public init() throws(SystemError) {
        let poller = try Poller()
        queue = try JobQueue()
        actors = LoopActors(queue: queue)
        // Edge-triggered, every ring is reported once, and the counter need not be read.
        try poller.add(queue.bell.number, EPOLLIN.rawValue | EPOLLET.rawValue, key: Self.bellKey)
        unsafe state = LoopState(poller: poller, queue: queue)
        parking = unsafe ParkingLot(state: state)
    }

    @inlinable @inline(__always)
    var confined: LoopState {
        assert(queue.isCurrent, "only the loop's own thread may touch it")
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
        while !queue.collect() {
            state.shortcuts = 0
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

    /// Ends the waits whose time is over.
    ///
    /// The sockets come first: a process that was stopped and continues finds deadlines that have passed and replies
    /// that came in time, and the kernel's earlier events are from before the stop.
    private func expireDeadlines(_ state: LoopState) {
        guard let next = state.timers.next, next <= LoopState.tick(state.now) else { return }
        let due = LoopState.tick(state.now)
        poll(state, mayRest: false)
        while let target = state.timers.takeNext(until: due) { expire(target, state) }
    }

    /// Lets `run()` return after the ready jobs.
    ///
    /// Any thread may call it.
    public func stop() { queue.stop() }

    /// Polls the kernel until it has reported everything, wakes the waiting tasks and calls the handlers.
    private func poll(_ state: LoopState, mayRest: Bool = true) {
        let before = state.now
        var timeout = mayRest ? timeout(state) : 0
        state.watches.beginPoll()
        for _ in 0..<Self.maximumPolls {
            let count = state.poller.wait(milliseconds: timeout)
            state.now = .now()
            for index in 0..<count { dispatch(state.poller.event(index), state) }
            if count < Poller.batch || state.watches.hasRepeated {
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

    private func dispatch(_ event: PollEvent, _ state: LoopState) {
        guard event.key != Self.bellKey else { return }
        let watch = Watch(key: event.key)
        if let handler = state.watches.handler(of: watch) {
            handler.ready(Readiness(epoll: event.flags))
        } else if let task = state.watches.deliver(Readiness(epoll: event.flags), of: watch) {
            wake(task, .ready)
        }
    }

    private func expire(_ target: TimerTarget, _ state: LoopState) {
        switch target {
        case .watch(let watch):
            if let task = state.takeExpired(at: watch) { wake(task, .expired) }
        case .place(let place): place.wake(.expired)
        case .handler(let handler): handler.alarm()
        }
    }
}

// MARK: - Waiting

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
        let watch = confined.open(descriptor.number, isLevel: kind.isLevel)
        try confined.poller.add(descriptor.number, kind.flags, key: watch.key)
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
    public func rewatch(_ watch: Watch, as kind: WatchKind) throws(SystemError) {
        try confined.poller.add(watch.number, kind.flags, key: watch.key)
    }

    /// Stops watching a descriptor that stays open.
    public func unwatch(_ watch: Watch) {
        if confined.watches.isCurrent(watch) { confined.poller.remove(watch.number) }
    }

    /// Waits until there are bytes to read, the other side has ended, or the deadline has passed.
    public func readable(_ watch: Watch, until deadline: MonotonicTime = .never) async -> Wake {
        if confined.watches.takeReadable(watch) {
            confined.shortcuts += 1
            if confined.shortcuts <= Self.maximumShortcuts { return .ready }
            // A sender that never stops would otherwise keep the thread from all other tasks.
            return await suspend(at: .end)
        }
        return await suspend(at: .watch(watch, deadline))
    }

    /// Marks a descriptor as still readable after a read that left data: the next wait returns at once.
    public func keepReadable(_ watch: Watch) {
        _ = confined.watches.report(.toRead, of: watch)
    }

    /// Ends the wait for a descriptor; false if there is none.
    @discardableResult
    public func interrupt(_ watch: Watch, as wake: Wake = .interrupted) -> Bool {
        guard let task = confined.watches.unpark(watch) else { return false }
        self.wake(task, wake)
        return true
    }

    /// Runs `body`, whose waits for a descriptor end when the task is cancelled, from any thread.
    ///
    /// It is for tasks that wait for ever; a wait with a deadline ends by itself and does not need the cost.
    public func withCancellation(_ watch: Watch, _ body: () async -> Void) async {
        await withTaskCancellationHandler(operation: body) {
            Task(executorPreference: self) { self.interrupt(watch) }
        }
    }

    /// Waits until a point in time.
    public func sleep(until time: MonotonicTime) async {
        _ = await WaitQueue.Place(loop: self).wait(until: time)
    }

    /// Lets the ready tasks run first.
    public func yield() async { _ = await suspend(at: .end) }

    /// Suspends the calling task at the wait location.
    @inline(__always)
    func suspend(at location: WaitLocation) async -> Wake {
        confined.location = location
        return await parking.park()
    }

    /// Resumes a suspended task.
    func wake(_ task: ParkedTask, _ wake: Wake) { queue.add(task.job(waking: wake)) }

    /// The tick up to which deadlines have passed.
    var tick: UInt64 { confined.timers.present }

    /// Sets a timer.
    func insert(_ target: TimerTarget, at tick: UInt64) -> TimerWheel<TimerTarget>.Key {
        confined.timers.insert(at: tick, target)
    }

    /// Cancels a pending timer.
    func cancel(_ timer: TimerWheel<TimerTarget>.Key) {
        confined.timers.cancel(timer)
    }
}
