internal import EventLoop
internal import HTTP
internal import Logging
internal import Sockets

/// One event loop's share of the gateway: accepts connections and serves each in a task of its own.
///
/// Everything it does happens on its loop's thread, for the loop is its executor.
actor Worker {
    nonisolated let loop: EventLoop
    private let listener: Listener
    private let desk: Desk
    private let upstream: Upstream
    private let logger: Logger
    private var acceptor: Watch?

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor }

    init(
        loop: EventLoop, listener: Listener, upstream address: SocketAddress, page: Page, census: Census,
        configuration: Configuration, logger: Logger
    ) {
        self.loop = loop
        self.listener = listener
        self.logger = logger
        let limits = configuration.limits
        let pool = BufferPool(
            smallSize: max(16_384, limits.maxHead), largeSize: limits.maxHead + limits.maxBody + 32_768)
        upstream = Upstream(address: address, configuration: configuration, loop: loop, pool: pool)
        let responder = Responder(upstream: upstream, page: page, census: census)
        desk = Desk(loop: loop, configuration: configuration, pool: pool, responder: responder)
    }

    /// The worker's figures at this moment.
    var figures: Census.Entry { Census.Entry(http: desk.counts, upstream: upstream.snapshot) }

    /// Accepts and serves until `drain()`, and then until the last connection has ended.
    func run() async throws(SocketError) {
        let watch = try loop.watch(listener.socket.descriptor, as: .listener)
        acceptor = watch
        let collector = Task(executorPreference: loop) { await self.collectStrays() }
        let sweeper = Task(executorPreference: loop) { await self.sweep() }
        await withDiscardingTaskGroup { group in
            while !desk.isDraining {
                guard await loop.readable(watch) == .ready, let number = await accept() else { continue }
                group.addTask(executorPreference: loop) { await self.serve(number) }
            }
            loop.unwatch(watch)
        }
        upstream.close()
        sweeper.cancel()
        await collector.value
    }

    /// Stops accepting, ends idle connections, and lets the others finish the request at hand.
    func drain() {
        desk.isDraining = true
        if let acceptor { loop.interrupt(acceptor) }
        while let watch = desk.idle.oldest {
            desk.idle.leave(watch)
            loop.interrupt(watch)
        }
    }

    /// Takes one connection off the listener's queue; nil when another worker was faster or nothing can be done.
    private func accept() async -> Int32? {
        do {
            guard let socket = try listener.socket.accept() else { return nil }
            desk.counts.accepted += 1
            makeRoom()
            return socket.release()
        } catch {
            logger.warning("\(error)")
            guard error.reason == .tooManyOpenFiles || error.reason == .tooManyOpenFilesInSystem else { return nil }
            await pause()
            return nil
        }
    }

    /// No descriptor is left: takes this worker off the listener, or it would spin, until some may have been closed.
    private func pause() async {
        desk.counts.descriptorShortages += 1
        if let watch = acceptor { loop.unwatch(watch) }
        makeRoom(always: true)
        await loop.sleep(until: loop.now + .milliseconds(100))
        do { acceptor = try loop.watch(listener.socket.descriptor, as: .listener) } catch { logger.error("\(error)") }
    }

    /// At the limit of connections the one that has been idle longest goes.
    private func makeRoom(always: Bool = false) {
        let limit = desk.configuration.share(of: desk.configuration.maxConnections)
        guard always || desk.counts.open >= limit, let oldest = desk.idle.oldest else { return }
        desk.counts.crowdedOut += 1
        desk.idle.leave(oldest)
        loop.interrupt(oldest)
    }

    private func serve(_ number: Int32) async {
        desk.counts.open += 1
        defer { desk.counts.open -= 1 }
        do {
            var connection = try Connection(socket: StreamSocket(owning: number), desk: desk)
            await connection.serve()
        } catch {
            logger.warning("\(error)")
        }
    }

    private func collectStrays() async {
        await upstream.collectStrays()
    }

    /// Closes what nobody has needed for a while.
    private func sweep() async {
        while !Task.isCancelled {
            await loop.sleep(until: loop.now + .seconds(1))
            upstream.retireIdleSockets()
        }
    }
}

/// The listening socket that all workers share.
final class Listener: Sendable {
    let socket: StreamListener

    init(socket: consuming StreamListener) {
        self.socket = socket
    }
}
