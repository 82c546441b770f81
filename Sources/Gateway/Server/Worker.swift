internal import EventLoop
internal import HTTP
internal import Logging
internal import System

/// One event loop's share of the gateway: it serves the connections from the acceptor.
///
/// Everything it does runs on its loop's thread, for the loop is its executor.
actor Worker {
    nonisolated let loop: EventLoop
    /// The number of this worker's connections, from the acceptor's choice to their end.
    nonisolated let load = SharedLimit(.max)
    private let context: ConnectionContext
    private let configuration: Configuration
    private let limits: SharedLimits
    /// The buffer that receives the replies of all services.
    private let replies: ReplyBuffer
    private(set) var services: [ServiceRoute]
    /// Removed services, as long as exchanges with them are under way or their sockets may still get a reply.
    private var retired: [ServiceRoute] = []
    /// The counters of those that are gone.
    private var gone = UpstreamCounts()
    /// The tasks that probe the services, while the worker runs.
    private var probes: [ObjectIdentifier: Task<Void, Never>] = [:]
    private var isRunning = false
    private let statistics: Statistics
    private let logger: Logger

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor }

    init(
        loop: EventLoop, services: [Service], page: Page, statistics: Statistics, configuration: Configuration,
        limits: SharedLimits, logger: Logger
    ) {
        self.loop = loop
        self.statistics = statistics
        self.logger = logger
        (self.configuration, self.limits) = (configuration, limits)
        let replies = ReplyBuffer()
        self.replies = replies
        let routes = services.map {
            ServiceRoute($0, of: services.count, limits: limits, replies: replies, loop: loop, logger: logger)
        }
        self.services = routes
        let table = ServiceTable(routes)
        // Without a service at "/" the router sends no plain payload anywhere.
        let first =
            (table.root ?? routes.first)?.upstream
            ?? Upstream(configuration: configuration, limits: limits, replies: replies, loop: loop)
        context = ConnectionContext(
            loop: loop, configuration: configuration, limits: limits, load: load,
            router: Router(configuration: configuration, page: page, services: table), upstream: first)
    }

    /// The worker's counters at this moment.
    var counts: Statistics.Entry {
        Statistics.Entry(
            http: context.counts, services: services.map(\.counts), former: retired.map(\.counts) + [gone])
    }

    /// Serves until `drain()`, and then until the last connection has ended.
    func run() async {
        // A task that begins here stays on the loop from its first step to its last.
        let helpers = [
            Task(executorPreference: loop) { await self.sweep() },
            Task(executorPreference: loop) { await self.answerQuestions() },
        ]
        isRunning = true
        startProbes()
        while !context.isDraining { _ = await context.drained.wait() }
        await context.waitForLastConnection()
        context.questions.close()
        for route in services + retired { route.upstream.close() }
        isRunning = false
        for helper in helpers + probes.values { helper.cancel() }
    }

    /// Runs on the worker's loop, and so returns only while that loop runs.
    func checkAlive() {}

    /// Makes `/readyz` fail, and serves further clients all the same.
    func beginDrainDelay() { context.beginDrainDelay() }

    /// Ends idle connections, and lets the others finish their requests.
    func drain() { context.drain() }

    /// Logs the requests that the program's end cuts, ends the loop, and returns their number.
    func cut() -> Int {
        defer { loop.stop() }
        return context.cut()
    }

    /// Updates a service's addresses.
    func replaceAddresses(_ addresses: [SocketAddress], of text: String) {
        services.first { $0.service.text == text }?.upstream.replaceAddresses(addresses)
    }

    /// Replaces the services; requests without a decision so far go to the new ones.
    func replaceServices(_ services: [Service], _ page: Page) {
        let before = self.services
        let routes = services.map { service in
            guard let same = before.first(where: { $0.service.text == service.text }) else {
                return ServiceRoute(
                    service, of: services.count, limits: limits, replies: replies, loop: loop, logger: logger)
            }
            same.upstream.services = services.count
            same.upstream.replaceAddresses(service.addresses)
            return same
        }
        let removed = before.filter { old in !routes.contains { $0 === old } }
        for route in removed { route.upstream.retire() }
        retired += removed
        self.services = routes
        let table = ServiceTable(routes)
        var own = table.root?.service.configuration ?? configuration
        (own.isOnLoopback, own.stateListener) = (configuration.isOnLoopback, configuration.stateListener)
        context.replaceServices(
            router: Router(configuration: own, page: page, services: table),
            upstream: (table.root ?? routes[0]).upstream)
        startProbes()
    }

    // MARK: - Connections

    /// Takes a connection over; false where there are too many, and this worker has no idle one to close.
    ///
    /// - `isCounted`: whether it is within the limit; otherwise this worker's longest idle connection is closed for it.
    func admit(_ number: Int32, from peer: SocketAddress?, isCounted: Bool) -> Bool {
        if !isCounted {
            while !context.limits.connections.take() { guard context.evict() else { return false } }
        }
        do {
            // The loop holds the connection as long as it is watched.
            _ = try Connection(socket: StreamSocket(owning: number, peer: peer), context: context)
        } catch {
            logger.warning("\(error)")
            context.releasePlace()
            _ = recordShortage()
        }
        return true
    }

    /// Refuses a surplus connection with a response.
    func turnAway(_ number: Int32, from peer: SocketAddress?) {
        context.counts.rejected += 1
        do {
            _ = try Connection(
                socket: StreamSocket(owning: number, peer: peer), isRefused: true, context: context)
        } catch {
            logger.warning("\(error)")
            context.releaseLoad()
        }
    }

    /// Leaves a surplus connection to another worker.
    func passOn() { context.releaseLoad() }

    /// Counts a connection that the acceptor has accepted for this worker.
    func recordAccepted() { context.counts.accepted += 1 }

    /// Closes the longest idle connection, because no descriptor or no room for its events is left; false where there is
    /// none.
    func recordShortage() -> Bool {
        context.counts.descriptorShortages += 1
        return evict()
    }

    /// Closes this worker's longest idle connection; false where there is none.
    func evict() -> Bool { context.evict() }

    // MARK: - From time to time

    /// Answers connections' questions about all workers.
    private func answerQuestions() async {
        while let item = await context.questions.next() {
            item.connection.finished(await response(to: item.question))
        }
    }

    private func response(to question: Question) async -> Response {
        switch question {
        case .statistics:
            let text = PrometheusText.page(
                await statistics.collect(), showingAddresses: context.configuration.shows)
            return .current(PrometheusText.mediaType, text.utf8)
        case .readiness: return await statistics.readiness().response
        case .services: return await statistics.services()
        }
    }

    /// Whether the gateway is ready for new requests, as far as this worker can tell.
    var readiness: GatewayReadiness { context.readiness }

    /// The list of services, with this worker's verdicts.
    var serviceList: Response { context.router.services.response }

    /// Begins to probe new services, and ends the probes of removed ones.
    private func startProbes() {
        guard isRunning else { return }
        let current = Set(services.map(ObjectIdentifier.init))
        for (route, probe) in probes where !current.contains(route) { probe.cancel() }
        probes = probes.filter { current.contains($0.key) }
        for id in current where probes[id] == nil {
            // A silent service does not delay the probes of the others.
            probes[id] = Task(executorPreference: loop) { await self.probe(id) }
        }
    }

    /// Probes each backend of a service at intervals, if the operator wants it.
    private func probe(_ id: ObjectIdentifier) async {
        guard let route = services.first(where: { ObjectIdentifier($0) == id }),
            let datagram = route.service.configuration.probe
        else { return }
        while !Task.isCancelled {
            await route.upstream.probe(with: datagram)
            await loop.sleep(until: loop.now + context.configuration.probeInterval)
        }
    }

    /// Releases resources that were not needed for a while.
    private func sweep() async {
        while !Task.isCancelled {
            await loop.sleep(until: loop.now + .seconds(1))
            for route in services { route.upstream.sweep() }
            for route in retired { route.upstream.sweepLast() }
            for route in retired where route.upstream.isUnused {
                gone.add(route.counts)
                route.upstream.close()
            }
            retired.removeAll { $0.upstream.isUnused }
            context.sweep()
        }
    }
}
