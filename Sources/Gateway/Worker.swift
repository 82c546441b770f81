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
    /// What has something to say while no task waits for it: the listener and parked connections.
    private let arrivals: Strays
    /// How many connections have a task now.
    private var serving = 0
    /// Who waits for the last of them.
    private let departures: WaitQueue
    /// How many were parked since memory was given back for the last time.
    private var parked = 0
    /// When that may be done again.
    private var nextTrim = MonotonicTime(nanoseconds: 0)

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor }

    init(
        loop: EventLoop, listener: Listener, addresses: [SocketAddress], page: Page, census: Census,
        configuration: Configuration, logger: Logger
    ) {
        self.loop = loop
        arrivals = Strays(on: loop)
        departures = WaitQueue(on: loop)
        self.listener = listener
        self.logger = logger
        let limits = configuration.limits
        // Behind the content of chunks so far there may be a chunk line or trailers that are not complete.
        let frame = limits.maxHead + max(limits.maxChunkLine, limits.maxTrailers) + 24_576
        let pool = BufferPool(
            smallSize: max(16_384, limits.maxHead), largeSize: frame + limits.maxBody,
            formSize: frame + configuration.limits(ofForm: true).maxBody)
        self.addresses = addresses
        upstream = Upstream(configuration: configuration, loop: loop, pool: pool)
        let responder = Responder(
            upstream: upstream, page: page, census: census, crossOrigin: configuration.crossOrigin,
            lab: configuration.lab)
        desk = Desk(loop: loop, configuration: configuration, pool: pool, responder: responder, upstream: upstream)
    }

    /// The worker's figures at this moment.
    var figures: Census.Entry { Census.Entry(http: desk.counts, upstream: upstream.snapshot) }

    /// Accepts and serves until `drain()`, and then until the last connection has ended.
    func run() async throws(SocketError) {
        try listen()
        replaceAddresses(addresses)
        // A task that begins here lives on the loop from its first step to its last.
        let helpers = [Task { await self.sweep() }, Task { await self.probe() }]
        await Task { await self.receiveVisitors() }.value
        upstream.close()
        for helper in helpers { helper.cancel() }
    }

    /// Stops accepting, ends idle connections, and lets the others finish the request at hand.
    func drain() {
        desk.isDraining = true
        leaveListener()
        listener.socket.stop()
        arrivals.close()
        while let oldest = desk.idle.oldest { _ = end(oldest) }
    }

    // MARK: - Arrivals

    /// A connection that has something to say, by number: a new one, or one that was parked.
    private struct Visitor {
        let number: Int32
        /// Its place in the loop, if it has one already.
        let watch: Watch?
        let served: Int
    }

    /// Under this tag the listener is watched; connections are under their numbers.
    private static let listenerTag = -1

    /// Serves each connection that has something to say in a task of its own, until `drain()`, and waits for the last.
    private func receiveVisitors() async {
        while let number = await arrivals.next(), !desk.isDraining {
            guard let visitor = number == Self.listenerTag ? accept() : wake(number) else { continue }
            serving += 1
            Task { await self.serve(visitor) }
        }
        let place = departures.join()
        while serving > 0 { _ = await place.wait(until: .never) }
    }

    private func listen() throws(SocketError) {
        acceptor = try loop.watch(
            listener.socket.descriptor, as: .listener, strays: arrivals, tag: Self.listenerTag)
    }

    private func leaveListener() {
        if let acceptor { loop.unwatch(acceptor) }
        acceptor = nil
    }

    /// Takes one connection off the listener's queue; nil when another worker was faster or nothing can be done.
    private func accept() -> Visitor? {
        // The listener may have been reported several times before this worker left it.
        guard acceptor != nil else { return nil }
        do {
            guard let socket = try listener.socket.accept() else { return nil }
            desk.counts.accepted += 1
            let limit = desk.configuration.share(of: desk.configuration.maxConnections)
            if desk.counts.open >= limit, !crowdOut() {
                turnAway(socket)
                return nil
            }
            desk.counts.open += 1
            return Visitor(number: socket.release(), watch: nil, served: 0)
        } catch {
            // The listener has been stopped: another worker was told first that the gateway ends.
            if error.reason == .invalidArgument {
                leaveListener()
                return nil
            }
            logger.warning("\(error)")
            // The connection itself may have failed; anything else would only come again at once.
            if error.reason != .connectionAborted { pause() }
            return nil
        }
    }

    /// A parked connection has something to say; nil when it is none, for it left a moment ago.
    private func wake(_ number: Int) -> Visitor? {
        guard let entry = desk.idle.parked(number) else { return nil }
        desk.idle.leave(entry.watch)
        loop.collect(entry.watch, in: nil)
        return Visitor(number: entry.watch.number, watch: entry.watch, served: entry.parked ?? 0)
    }

    /// No descriptor is left, or no memory: takes this worker off the listener, or it would spin, until some may have been closed.
    private func pause() {
        desk.counts.descriptorShortages += 1
        leaveListener()
        _ = crowdOut()
        Task { await self.resume(at: self.loop.now + .milliseconds(100)) }
    }

    private func resume(at time: MonotonicTime) async {
        while true {
            await loop.sleep(until: time)
            guard !desk.isDraining else { return }
            do { return try listen() } catch { logger.error("\(error)") }
            await loop.sleep(until: loop.now + .seconds(1))
        }
    }

    /// Ends the connection that has been idle longest; false if none is.
    private func crowdOut() -> Bool {
        while let oldest = desk.idle.oldest {
            guard end(oldest) else { continue }
            desk.counts.crowdedOut += 1
            return true
        }
        return false
    }

    /// Ends an idle connection; false if it has just been told that there is a request, or that its time is over.
    private func end(_ entry: IdleList.Entry) -> Bool {
        desk.idle.leave(entry.watch)
        if entry.parked == nil { return loop.interrupt(entry.watch) }
        desk.counts.open -= 1
        _ = StreamSocket(owning: entry.watch.number)
        return true
    }

    /// Answers a connection that is one too many, as well as that goes without waiting for it.
    private func turnAway(_ socket: borrowing StreamSocket) {
        desk.counts.crowdedOut += 1
        var response = Problem.response(.serviceUnavailable, "All connections are in use. Try again shortly.")
        response.fields.append((.retryAfter, FieldValue("1")))
        var output: [UInt8] = []
        response.write(into: &output, for: nil, withContent: true, connection: .close, date: desk.date)
        desk.counts.count(response.status)
        // What is read does not make the kernel reset the connection when it is closed.
        var request = desk.pool.rentSmall()
        _ = try? socket.receive(into: &request, request.indices)
        desk.pool.giveBack(&request)
        _ = try? socket.send(output.span)
        socket.shutDownSending()
    }

    /// Serves a connection until it ends, or has nothing to say for a while and is parked.
    private func serve(_ visitor: Visitor) async {
        if let connection = connect(visitor) {
            let isParked = await connection.serve()
            if isParked { park(connection) } else { desk.counts.open -= 1 }
        }
        serving -= 1
        departures.wakeFirst()
    }

    /// The connection of a visitor; nil when the loop cannot watch it.
    ///
    /// Out of line, for what a task has once needed for a call it keeps as long as it lives.
    @inline(never)
    private func connect(_ visitor: Visitor) -> Connection? {
        do {
            return try Connection(
                socket: StreamSocket(owning: visitor.number), watch: visitor.watch, served: visitor.served, desk: desk)
        } catch {
            logger.warning("\(error)")
            desk.counts.open -= 1
            return nil
        }
    }

    /// Keeps a connection without a task, until it has something to say.
    private func park(_ connection: Connection) {
        parked += 1
        desk.idle.park(connection.watch, served: connection.served)
        loop.collect(connection.watch, in: arrivals, tag: Int(connection.watch.number))
        connection.release()
    }

    /// Takes over where the UDP service is now.
    func replaceAddresses(_ addresses: [SocketAddress]) {
        for destination in upstream.replaceAddresses(addresses) {
            let address = destination.address
            Task { await self.collectStrays(from: address) }
        }
    }

    private func collectStrays(from address: SocketAddress) async {
        await upstream.collectStrays(from: address)
    }

    /// Asks each address for a sign of life from time to time, if the operator wants that.
    private func probe() async {
        guard let datagram = desk.configuration.probe else { return }
        while !Task.isCancelled {
            for destination in upstream.destinations { await upstream.probe(destination, datagram) }
            await loop.sleep(until: loop.now + desk.configuration.probeInterval)
        }
    }

    // MARK: - Departures

    /// So many idle connections are parked or ended in one turn of the loop at most: requests wait meanwhile.
    private static let sweptAtOnce = 32

    /// After so many parked connections there may be some megabytes to give back, but not at every sweep.
    private static let parkedBeforeTrim = 1024
    private static let trimInterval = Interval.seconds(10)

    /// Parks and closes what nobody has needed for a while.
    private func sweep() async {
        let configuration = desk.configuration
        let interval = min(configuration.grace, configuration.idleTimeout, .seconds(1))
        while !Task.isCancelled {
            await loop.sleep(until: loop.now + interval)
            await parkIdle()
            await endExpired()
            upstream.retireIdleSockets()
            desk.pool.trim()
            if parked >= Self.parkedBeforeTrim, loop.now >= nextTrim {
                (parked, nextTrim) = (0, loop.now + Self.trimInterval)
                Heap.trim()
            }
        }
    }

    /// Lets the connections be parked that have been idle for long enough.
    private func parkIdle() async {
        let time = loop.now - desk.configuration.grace
        while true {
            let watches = desk.idle.waiting(since: time, most: Self.sweptAtOnce)
            for watch in watches { loop.interrupt(watch, as: .expired) }
            guard watches.count == Self.sweptAtOnce else { return }
            // By the time that it is this task's turn again, theirs have left the list.
            await loop.yield()
        }
    }

    /// Ends the connections that have been idle for longer than they may.
    private func endExpired() async {
        let time = loop.now - desk.configuration.idleTimeout
        var count = 0
        while let oldest = desk.idle.oldest, oldest.since <= time {
            _ = end(oldest)
            count += 1
            if count.isMultiple(of: Self.sweptAtOnce) { await loop.yield() }
        }
    }
}
