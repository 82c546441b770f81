internal import EventLoop
internal import Logging
internal import System

/// Accepts connections and gives each to the worker with the fewest.
///
/// With a single worker it runs on that worker's loop, and otherwise on a loop of its own.
actor Acceptor: EventHandler, DeadlineHandler {
    nonisolated let loop: EventLoop
    private let listener: StreamListener
    private let workers: [Worker]
    private let limits: SharedLimits
    private let logger: Logger
    private var watch: Watch?
    private var deadline = Deadline()
    private var isDraining = false
    /// Whether the acceptor only waits for handshakes under way.
    private var isStopping = false
    /// The start of the search for the worker with the fewest, so that equals alternate.
    private var rotation = 0
    /// Whether it accepts nothing for a moment.
    private var isResting = false
    /// The connections in a row that failed.
    private var errors = ErrorRun()
    /// The error that ended accepting.
    private var failure: SystemError?
    private let end: Suspension

    /// The most connections accepted in a row, while requests wait.
    private static let mostAtOnce = 64
    /// The pause after a failure to accept.
    private static let pause = Interval.milliseconds(100)
    /// The most pauses of a drain, each of which may free a descriptor for a connection that has arrived.
    private static let mostPauses = 10
    /// The longest handshake under way at the end: many round trips to a proxy.
    private static let handshakeTime = Interval.milliseconds(20)

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor }

    init(listener: consuming StreamListener, workers: [Worker], limits: SharedLimits, loop: EventLoop, logger: Logger) {
        self.listener = listener
        self.workers = workers
        self.limits = limits
        self.loop = loop
        self.logger = logger
        end = Suspension(on: loop)
    }

    /// Accepts until `drain()`; throws where accepting fails for good.
    func run() async throws(SystemError) {
        guard !isDraining else { return }
        try listen()
        while !isDraining, failure == nil { _ = await end.wait() }
        if let failure { throw failure }
    }

    /// Accepts the connections that have arrived, also during a pause or before the start, and stops listening; where
    /// descriptors are short it waits for them about a second.
    ///
    /// A client whose handshake is under way when a socket stops listening takes itself for connected, and its request
    /// is reset: a proxy that has sent a POST does not send it again. So the socket refuses new handshakes for a
    /// moment; a client that tries in this moment tries again after a second, and is refused, and every proxy handles a
    /// refusal.
    func drain() async {
        guard !isDraining, !isStopping else { return }
        isStopping = true
        await awaitHandshakes()
        isResting = false
        while acceptOne() {}
        for _ in 0..<Self.mostPauses where isResting {
            await loop.sleep(until: loop.now + Self.pause)
            isResting = false
            while acceptOne() {}
        }
        isDraining = true
        unwatchListener()
        deadline.cancel(on: loop)
        listener.stop()
        end.wake()
    }

    private func awaitHandshakes() async {
        guard failure == nil, !listener.isInherited else { return }
        listener.ignoreNewConnections()
        await loop.sleep(until: loop.now + Self.handshakeTime)
    }

    /// Runs on the acceptor's loop, and so returns only while that loop runs.
    func checkAlive() {}

    nonisolated func ready(_ readiness: Readiness) { assumeIsolated { $0.acceptSome() } }

    nonisolated func alarm() { assumeIsolated { $0.resume() } }

    // MARK: - Accepting

    private func listen() throws(SystemError) {
        watch = try loop.watch(listener.descriptor, as: .listener, handler: self)
    }

    private func unwatchListener() {
        guard let watch else { return }
        loop.unwatch(watch)
        loop.release(watch)
        self.watch = nil
    }

    private func acceptSome() {
        for _ in 0..<Self.mostAtOnce { guard acceptOne() else { return } }
    }

    /// Accepts one connection; false where none waits or none can be accepted for now.
    private func acceptOne() -> Bool {
        guard !isDraining, failure == nil else { return false }
        do {
            guard let socket = try listener.accept() else { return false }
            errors.end()
            let peer = socket.peer
            assign(socket.release(), from: peer)
            return true
        } catch {
            return goesOn(after: error)
        }
    }

    /// Handles a failed accept4(2); false where no connection can be accepted for now.
    private func goesOn(after error: SystemError) -> Bool {
        switch AcceptFailure(error.reason) {
        case .connection:
            errors.note()
            // A connection that this host's rules forbid may stay in the queue.
            if errors.pause == nil { return true }
            rest(after: error)
        case .shortage:
            freeDescriptor(of: workers.max { $0.load.used < $1.load.used } ?? workers[0])
            rest(after: error)
        case .lasting:
            logger.critical("\(error): the gateway accepts no more connections")
            failure = error
            unwatchListener()
            end.wake()
        }
        return false
    }

    private func resume() {
        guard deadline.hasPassed(for: self, on: loop), !isDraining else { return }
        isResting = false
        do { try listen() } catch { rest(after: error) }
    }

    /// Accepts nothing for a moment.
    private func rest(after error: SystemError) {
        logger.warning("\(error)")
        isResting = true
        unwatchListener()
        deadline.set(loop.now + Self.pause, for: self, on: loop)
    }

    /// Lets a worker close an idle connection, or the next one where that has none.
    private func freeDescriptor(of worker: Worker, triedBefore: Int = 0) {
        perform(on: worker) { [self] worker in
            let isFreed = triedBefore == 0 ? worker.recordShortage() : worker.evict()
            guard !isFreed, triedBefore + 1 < workers.count else { return }
            let next = next(after: worker)
            Task(executorPreference: loop) { await self.freeDescriptor(of: next, triedBefore: triedBefore + 1) }
        }
    }

    // MARK: - Handing over

    private func assign(_ number: Int32, from peer: SocketAddress?) {
        let isCounted = limits.connections.take()
        let worker = leastBusy()
        _ = worker.load.take()
        offer(number, from: peer, isCounted: isCounted, to: worker, triedBefore: 0)
    }

    private func leastBusy() -> Worker {
        rotation = (rotation + 1) % workers.count
        var best = workers[rotation]
        for offset in 1..<max(1, workers.count) {
            let worker = workers[(rotation + offset) % workers.count]
            if worker.load.used < best.load.used { best = worker }
        }
        return best
    }

    /// Gives a connection to a worker; where that is full, to the next, and the last one refuses it.
    private func offer(
        _ number: Int32, from peer: SocketAddress?, isCounted: Bool, to worker: Worker, triedBefore: Int
    ) {
        perform(on: worker) { [self] worker in
            if triedBefore == 0 { worker.recordAccepted() }
            if worker.admit(number, from: peer, isCounted: isCounted) { return }
            guard triedBefore + 1 < workers.count else { return worker.turnAway(number, from: peer) }
            worker.passOn()
            let next = next(after: worker)
            _ = next.load.take()
            Task(executorPreference: loop) {
                await self.offer(
                    number, from: peer, isCounted: isCounted, to: next, triedBefore: triedBefore + 1)
            }
        }
    }

    private nonisolated func next(after worker: Worker) -> Worker {
        let index = workers.firstIndex { $0 === worker } ?? 0
        return workers[(index + 1) % workers.count]
    }

    /// Runs a function on a worker's loop: at once, if that is this one's.
    private func perform(on worker: Worker, _ body: @escaping @Sendable (isolated Worker) -> Void) {
        if worker.loop === loop {
            worker.assumeIsolated(body)
        } else {
            Task(executorPreference: worker.loop) { await body(worker) }
        }
    }
}

/// The consequences of a failed accept(2).
enum AcceptFailure {
    /// Only that connection has failed: accept(2) passes on errors of the network, and a filter may forbid a
    /// connection.
    case connection
    /// No descriptor or memory is left, for the moment.
    case shortage
    /// The listener itself is closed or was never a listener.
    case lasting

    init(_ reason: ErrorNumber) {
        switch reason {
        case .tooManyOpenFiles, .tooManyOpenFilesInSystem, .noBufferSpace, .outOfMemory: self = .shortage
        case .badDescriptor, .notASocket, .invalidArgument, .badAddress: self = .lasting
        default: self = .connection
        }
    }
}
