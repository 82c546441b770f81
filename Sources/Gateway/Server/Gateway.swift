internal import EventLoop
package import Logging
package import System

/// The HTTP door in front of UDP services.
package final class Gateway: Sendable {
    /// One for each event loop.
    let workers: [Worker]
    private let acceptor: Acceptor
    /// The page as it was read, and the settings of the start.
    private let page: Page
    private let configuration: Configuration
    /// What tells of the gateway at a listener of its own, outside the limits of the other.
    private let admin: (worker: Worker, acceptor: Acceptor)?

    /// Sets up the acceptor and the workers, each on an event loop of its own; none accepts yet.
    ///
    /// - `listener`: where HTTP comes in.
    /// - `admin`: where the gateway tells of itself; without it that is the same listener.
    /// - `services`: at least one; no two have the same path.
    package init(
        listener: consuming StreamListener, admin: consuming StreamListener? = nil, services: [Service], page: Page,
        configuration: Configuration, logger: Logger
    ) throws(SystemError) {
        precondition(!services.isEmpty, "a gateway has a service")
        let limits = SharedLimits(configuration)
        let statistics = Statistics(limits: limits, accessLog: configuration.accessLog)
        let root = services.first { $0.path == "/" }
        var configuration = root?.configuration ?? configuration
        configuration.isOnLoopback = listener.address.isLoopback
        self.admin = try Self.makeAdmin(admin, configuration, statistics, logger)
        if self.admin != nil { configuration.stateDoor = .elsewhere }
        (self.page, self.configuration) = (page, configuration)
        let page = Self.page(page, of: services, configuration)
        var workers: [Worker] = []
        for _ in 0..<configuration.workers {
            let worker = Worker(
                loop: try EventLoop(), services: services, page: page, statistics: statistics,
                configuration: configuration, limits: limits, logger: logger)
            statistics.add(worker)
            workers.append(worker)
        }
        self.workers = workers
        acceptor = Acceptor(
            listener: listener, workers: workers, limits: limits,
            loop: workers.count == 1 ? workers[0].loop : try EventLoop(), logger: logger)
    }

    private static func makeAdmin(
        _ listener: consuming StreamListener?, _ configuration: Configuration, _ statistics: Statistics,
        _ logger: Logger
    ) throws(SystemError) -> (worker: Worker, acceptor: Acceptor)? {
        guard let listener else { return nil }
        var own = configuration
        own.stateDoor = .only
        own.lab = nil
        own.isOnLoopback = listener.address.isLoopback
        own.maxConnections = configuration.maxAdminConnections
        let limits = SharedLimits(own)
        let worker = Worker(
            loop: try EventLoop(), services: [], page: Page([]), statistics: statistics, configuration: own,
            limits: limits, logger: logger)
        let acceptor = Acceptor(
            listener: listener, workers: [worker], limits: limits, loop: worker.loop, logger: logger)
        return (worker, acceptor)
    }

    /// Accepts and serves until `drain()`, and then until the last connection has ended.
    ///
    /// Throws where no connection can be accepted, or none any more.
    ///
    /// What tells of the gateway does so until the end, and asks the workers: their loops turn as long.
    package func run() async throws {
        for worker in workers { try worker.loop.start() }
        if workers.count > 1 { try acceptor.loop.start() }
        defer {
            for worker in workers { worker.loop.stop() }
            if workers.count > 1 { acceptor.loop.stop() }
        }
        guard let (worker, acceptor) = admin else { return try await serve() }
        try worker.loop.start()
        let serving = Task(executorPreference: worker.loop) { await worker.run() }
        // Why it cannot accept any more is in the log.
        let accepting = Task(executorPreference: worker.loop) { try? await acceptor.run() }
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await serve()) } catch { outcome = .failure(error) }
        await acceptor.drain()
        await worker.drain()
        await accepting.value
        await serving.value
        worker.loop.stop()
        try outcome.get()
    }

    private func serve() async throws {
        try await withThrowingTaskGroup { group in
            for worker in workers {
                group.addTask(executorPreference: worker.loop) { await worker.run() }
            }
            let acceptor = self.acceptor
            group.addTask(executorPreference: acceptor.loop) { try await acceptor.run() }
            do {
                while try await group.next() != nil {}
            } catch {
                await drain()
                throw error
            }
        }
    }

    /// A gateway with one service, at `/`.
    package convenience init(
        listener: consuming StreamListener, upstream: [SocketAddress], page: Page, configuration: Configuration,
        logger: Logger
    ) throws(SystemError) {
        let service = Service(path: "/", addresses: upstream, configuration: configuration)
        try self.init(
            listener: listener, services: [service], page: page, configuration: configuration, logger: logger)
    }

    /// Takes over where a service is now, by its place in the list; exchanges under way are not disturbed.
    ///
    /// - `text`: what the operator wrote of the service; one that is no more has no addresses.
    package func replaceAddresses(_ addresses: [SocketAddress], of text: String) async {
        for worker in workers { await worker.replaceAddresses(addresses, of: text) }
    }

    /// Takes over which services there are: those with the same text keep what is known of them, and exchanges under way
    /// with those that go are not disturbed.
    ///
    /// - `services`: at least one; no two have the same path. What is said of letters to "/" stays as it was.
    package func replaceServices(_ services: [Service]) async {
        precondition(!services.isEmpty, "a gateway has a service")
        let page = Self.page(self.page, of: services, configuration)
        for worker in workers { await worker.replaceServices(services, page) }
    }

    /// The page with what it has to know of the services.
    private static func page(_ page: Page, of services: [Service], _ configuration: Configuration) -> Page {
        // A terminal's datagrams go straight to the service.
        let service = configuration.lab?.server ?? services.first { $0.path == "/" }?.addresses.first
        return page.telling(
            upstream: service.flatMap { configuration.shows($0) ? $0 : nil },
            maxDatagram: configuration.maxDatagram, labAttempts: configuration.lab.map { _ in configuration.attempts },
            isEmbedded: configuration.isEmbedded, hasOthers: services.contains { $0.path != "/" },
            now: WallClock.unixSeconds())
    }

    /// Returns once each loop has had its turn: a sign that none of them hangs.
    package func awaitTurns() async {
        for worker in workers { await worker.takeTurn() }
        await acceptor.takeTurn()
        await admin?.worker.takeTurn()
    }

    /// Sends new clients elsewhere, by `/readyz` and `Connection: close`, and serves those that come all the same.
    package func leave() async {
        for worker in workers { await worker.leave() }
    }

    /// Accepts what has arrived and no more, ends idle connections, and lets the others finish the request at hand.
    ///
    /// For a gateway that runs: one that has ended does not hear it, and this would never return.
    package func drain() async {
        await acceptor.drain()
        for worker in workers { await worker.drain() }
    }
}
