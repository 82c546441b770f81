internal import CLinux
internal import DequeModule
public import System

/// One thread that waits for descriptors and deadlines and runs the tasks that wait for them.
///
/// It is an executor: an actor that names its `executor`, or a task that prefers the loop, runs on its thread and
/// nowhere else, so that what such code shares needs no lock. An iteration of the loop runs the jobs that are ready, then
/// asks the kernel what has happened meanwhile (epoll_wait(2)), and calls the handlers and wakes the tasks that wait for it.
public final class EventLoop: TaskExecutor {
    @usableFromInline nonisolated(unsafe) let state: LoopState
    @usableFromInline let queue: JobQueue
    private let actors: LoopActors
    private let parking: ParkingLot
    /// The key under which the queue's bell is watched: no descriptor has this number.
    private static let bellKey = UInt64.max
    /// So many waits of an iteration may end at once before the loop polls again.
    private static let maximumShortcuts = 64
    /// So often an iteration asks again when the kernel reported as many events as fit one wait.
    private static let maximumPolls = 16

    /// Opens the kernel's side; the loop begins when a thread calls `run()`.
    public init() throws(SystemError) {
        let poller = try Poller()
        queue = try JobQueue()
        actors = LoopActors(queue: queue)
        // Edge-triggered, every ring is reported once and nobody needs to read the counter back.
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

    /// What an actor names as its executor to live on this loop.
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
            runTurns(state)
            poll(state)
            expireDeadlines(state)
        }
    }

    /// Calls the handlers that asked to be called again; those that ask once more wait for the next iteration.
    private func runTurns(_ state: LoopState) {
        for _ in 0..<state.turns.count { state.turns.popFirst()?.ready([]) }
    }

    /// Ends the waits whose time is over.
    ///
    /// The sockets come first: a process that was stopped and goes on finds deadlines that have passed and replies that
    /// came in time, and the kernel has told only of what came before it was stopped.
    private func expireDeadlines(_ state: LoopState) {
        guard let next = state.timers.next, next <= LoopState.tick(state.now) else { return }
        let due = LoopState.tick(state.now)
        poll(state, mayRest: false)
        while let target = state.timers.takeNext(until: due) { expire(target, state) }
    }

    /// Lets `run()` return once the jobs at hand are done.
    ///
    /// May be called from any thread.
    public func stop() { queue.stop() }

    /// Asks the kernel what has happened, until it has reported everything, and wakes the tasks and calls the handlers for it.
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

    /// How long the kernel may let the loop sleep, in the form of epoll_wait(2).
    private func timeout(_ state: LoopState) -> Int32 {
        guard queue.mayRest, state.turns.isEmpty else { return 0 }
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

    /// All that had come to a watched descriptor by then has been reported: the time of the iteration before, as a rule.
    ///
    /// It is what to go by where nothing must be overlooked: when the thread was held up, `now` has moved on, and what
    /// came meanwhile may not have been seen yet.
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

    /// Calls the handler for each event of a watched descriptor from now on, until `release(_:)`.
    public func setHandler(_ handler: some EventHandler, of watch: Watch) {
        confined.watches.setHandler(handler, of: watch)
    }

    /// Calls the descriptor's handler no more and lets go of it.
    public func release(_ watch: Watch) { confined.watches.setHandler(nil, of: watch) }

    /// Calls the handler once more, with no readiness, behind all that are ready now.
    public func callAgain(_ handler: some EventHandler) { confined.turns.append(handler) }

    /// Watches a descriptor again that was left unwatched; whatever is there by now is reported.
    public func rewatch(_ watch: Watch, as kind: WatchKind) throws(SystemError) {
        try confined.poller.add(watch.number, kind.flags, key: watch.key)
    }

    /// Stops watching a descriptor that stays open.
    public func unwatch(_ watch: Watch) {
        if confined.watches.isCurrent(watch) { confined.poller.remove(watch.number) }
    }

    /// Waits until there is something to read, the other side has ended, or the deadline has passed.
    public func readable(_ watch: Watch, until deadline: MonotonicTime = .never) async -> Wake {
        if confined.watches.takeReadable(watch) {
            confined.shortcuts += 1
            if confined.shortcuts <= Self.maximumShortcuts { return .ready }
            // A sender that never stops would otherwise keep the thread from all other tasks.
            return await suspend(at: .end)
        }
        return await suspend(at: .watch(watch, deadline))
    }

    /// Tells the loop that a read did not take all there was: the next wait returns at once.
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

    /// Runs `body`, whose waits for a descriptor are called off when the task is cancelled, from whatever thread.
    ///
    /// For tasks that wait for ever; a wait with a deadline ends by itself and does not need the cost.
    public func withCancellation(_ watch: Watch, _ body: () async -> Void) async {
        await withTaskCancellationHandler(operation: body) {
            Task(executorPreference: self) { self.interrupt(watch) }
        }
    }

    /// Waits until a point in time.
    public func sleep(until time: MonotonicTime) async {
        _ = await WaitQueue.Place(loop: self).wait(until: time)
    }

    /// Lets the tasks that are ready go first.
    public func yield() async { _ = await suspend(at: .end) }

    /// Suspends the calling task until it is woken where it waits.
    @inline(__always)
    func suspend(at location: WaitLocation) async -> Wake {
        confined.location = location
        return await parking.park()
    }

    /// Lets a suspended task go on.
    func wake(_ task: ParkedTask, _ wake: Wake) { queue.add(task.job(waking: wake)) }

    /// The tick up to which deadlines have passed.
    var tick: UInt64 { confined.timers.present }

    /// Sets a timer.
    func insert(_ target: TimerTarget, at tick: UInt64) -> TimerWheel<TimerTarget>.Key {
        confined.timers.insert(at: tick, target)
    }

    /// Takes a pending deadline back.
    func cancel(_ timer: TimerWheel<TimerTarget>.Key) {
        confined.timers.cancel(timer)
    }
}
