internal import EventLoop
package import Logging
package import System

/// The HTTP gateway for UDP services.
package final class Gateway: Sendable {
    /// One for each event loop.
    let workers: [Worker]
    private let acceptor: Acceptor
    /// The page of the start, without the services' values.
    private let page: Page
    private let configuration: Configuration
    /// The worker and acceptor of `--admin`, outside the limits of the others.
    private let admin: (worker: Worker, acceptor: Acceptor)?

    /// Sets up the acceptor and the workers, each on an event loop of its own; none accepts yet.
    ///
    /// - `listener`: the listener for HTTP.
    /// - `admin`: the listener for health and metrics; without it that is the same listener.
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
        if self.admin != nil { configuration.stateListener = .elsewhere }
        (self.page, self.configuration) = (page, configuration)
        let page = page.withValues(of: services, configuration, now: WallClock.unixSeconds())
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
        own.stateListener = .only
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
    /// Throws where accepting fails for good.
    ///
    /// Health and metrics are available until the end, and come from the workers: their loops run as long.
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
        // The log has the reason why accepting ended.
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

    /// Updates a service's addresses; exchanges under way continue.
    ///
    /// - `text`: the operator's description of the service; a removed service has no addresses.
    package func replaceAddresses(_ addresses: [SocketAddress], of text: String) async {
        for worker in workers { await worker.replaceAddresses(addresses, of: text) }
    }

    /// Replaces the services: those with the same text keep their state, and exchanges with removed ones continue.
    ///
    /// - `services`: at least one; no two have the same path.
    package func replaceServices(_ services: [Service]) async {
        precondition(!services.isEmpty, "a gateway has a service")
        let page = self.page.withValues(of: services, configuration, now: WallClock.unixSeconds())
        for worker in workers { await worker.replaceServices(services, page) }
    }

    /// Returns once each loop has run a job: a sign that none of them hangs.
    package func checkLoops() async {
        for worker in workers { await worker.checkAlive() }
        await acceptor.checkAlive()
        await admin?.worker.checkAlive()
    }

    /// Makes `/readyz` fail and responses carry `Connection: close`, and serves further clients all the same.
    package func beginDrainDelay() async {
        for worker in workers { await worker.beginDrainDelay() }
    }

    /// Accepts the connections that have arrived, stops listening, ends idle connections, and lets the others finish
    /// their requests.
    ///
    /// The gateway must be running: after its end this call would never return.
    package func drain() async {
        await acceptor.drain()
        for worker in workers { await worker.drain() }
    }

    /// Stops listening, logs the requests that are cut, and returns their number.
    ///
    /// The program has to end now, for the loops do: `run()` does not return.
    package func cut() async -> Int {
        var count = 0
        await acceptor.drain()
        for worker in workers { count += await worker.cut() }
        guard let (worker, acceptor) = admin else { return count }
        await acceptor.drain()
        return count + (await worker.cut())
    }
}
