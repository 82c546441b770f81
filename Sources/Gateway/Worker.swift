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
    private let addresses: [SocketAddress]
    private let logger: Logger
    private var acceptor: Watch?

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor }

    init(
        loop: EventLoop, listener: Listener, addresses: [SocketAddress], page: Page, census: Census,
        configuration: Configuration, logger: Logger
    ) {
        self.loop = loop
        self.listener = listener
        self.logger = logger
        let limits = configuration.limits
        let pool = BufferPool(
            smallSize: max(16_384, limits.maxHead), largeSize: limits.maxHead + limits.maxBody + 32_768)
        self.addresses = addresses
        upstream = Upstream(configuration: configuration, loop: loop, pool: pool)
        let responder = Responder(
            upstream: upstream, page: page, census: census, crossOrigin: configuration.crossOrigin)
        desk = Desk(loop: loop, configuration: configuration, pool: pool, responder: responder, upstream: upstream)
    }

    /// The worker's figures at this moment.
    var figures: Census.Entry { Census.Entry(http: desk.counts, upstream: upstream.snapshot) }

    /// Accepts and serves until `drain()`, and then until the last connection has ended.
    func run() async throws(SocketError) {
        let watch = try loop.watch(listener.socket.descriptor, as: .listener)
        acceptor = watch
        replaceAddresses(addresses)
        let helpers = [
            Task(executorPreference: loop) { await self.sweep() },
            Task(executorPreference: loop) { await self.probe() },
        ]
        await withDiscardingTaskGroup { group in
            while !desk.isDraining {
                guard await loop.readable(watch) == .ready, let number = await accept() else { continue }
                group.addTask(executorPreference: loop) { await self.serve(number) }
            }
            loop.unwatch(watch)
        }
        upstream.close()
        for helper in helpers { helper.cancel() }
    }

    /// Stops accepting, ends idle connections, and lets the others finish the request at hand.
    func drain() {
        desk.isDraining = true
        listener.socket.stop()
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
            let limit = desk.configuration.share(of: desk.configuration.maxConnections)
            guard desk.counts.open < limit || endOldestIdle() else {
                turnAway(socket)
                return nil
            }
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
        _ = endOldestIdle()
        await loop.sleep(until: loop.now + .milliseconds(100))
        do { acceptor = try loop.watch(listener.socket.descriptor, as: .listener) } catch { logger.error("\(error)") }
    }

    /// Ends the connection that has been idle longest; false when none is idle.
    private func endOldestIdle() -> Bool {
        guard let oldest = desk.idle.oldest else { return false }
        desk.counts.crowdedOut += 1
        desk.idle.leave(oldest)
        loop.interrupt(oldest)
        return true
    }

    /// Answers a connection that is one too many, as well as that goes without waiting for it.
    private func turnAway(_ socket: borrowing StreamSocket) {
        desk.counts.crowdedOut += 1
        var response = Problem.response(.serviceUnavailable, "All connections are in use. Try again shortly.")
        response.fields.append((.retryAfter, FieldValue("1")))
        var output: [UInt8] = []
        response.write(into: &output, withContent: true, connection: .close, date: desk.date())
        desk.counts.count(response.status)
        // What is read does not make the kernel reset the connection when it is closed.
        var request = desk.pool.rentSmall()
        _ = try? socket.receive(into: &request, request.indices)
        desk.pool.giveBack(&request)
        _ = try? socket.send(output.span)
        socket.shutDownSending()
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

    /// Takes over where the UDP service is now.
    func replaceAddresses(_ addresses: [SocketAddress]) {
        for destination in upstream.replaceAddresses(addresses) {
            let address = destination.address
            Task(executorPreference: loop) { await self.collectStrays(from: address) }
        }
    }

    private func collectStrays(from address: SocketAddress) async {
        await upstream.destinations.first { $0.address == address }?.sockets.collectStrays()
    }

    /// Asks each address for a sign of life from time to time, if the operator wants that.
    private func probe() async {
        guard let datagram = desk.configuration.probe else { return }
        while !Task.isCancelled {
            for destination in upstream.destinations { await upstream.probe(destination, datagram) }
            await loop.sleep(until: loop.now + desk.configuration.probeInterval)
        }
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
