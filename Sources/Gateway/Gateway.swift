internal import EventLoop
public import Logging
public import Sockets

/// The HTTP door in front of a UDP service.
public final class Gateway: Sendable {
    /// One for each event loop.
    let workers: [Worker]

    /// Sets up the workers, each on an event loop of its own; none accepts yet.
    ///
    /// - `listener`: where HTTP comes in; all workers share it.
    /// - `upstream`: where the UDP service is; at least one address.
    public init(
        listener: consuming StreamListener, upstream: [SocketAddress], page: Page, configuration: Configuration,
        logger: Logger
    ) throws(SocketError) {
        let listener = Listener(socket: listener)
        let census = Census()
        // A terminal's datagrams go straight to the service.
        let service = configuration.lab?.server ?? upstream.first
        let page = page.telling(
            upstream: service.flatMap { configuration.shows($0) ? $0 : nil },
            maxDatagram: configuration.maxDatagram, hasLab: configuration.lab != nil, now: WallClock.unixSeconds())
        var workers: [Worker] = []
        for _ in 0..<configuration.workers {
            let worker = Worker(
                loop: try EventLoop(), listener: listener, addresses: upstream, page: page, census: census,
                configuration: configuration, logger: logger)
            census.enter(worker)
            workers.append(worker)
        }
        self.workers = workers
    }

    /// Accepts and serves until `drain()`, and then until the last connection has ended.
    public func run() async throws {
        for worker in workers { try worker.loop.start() }
        defer { for worker in workers { worker.loop.stop() } }
        try await withThrowingTaskGroup { group in
            for worker in workers {
                group.addTask(executorPreference: worker.loop) { try await worker.run() }
            }
            do {
                while try await group.next() != nil {}
            } catch {
                // One that cannot listen would leave its share of the limits unused: all or none.
                await drain()
                throw error
            }
        }
    }

    /// Takes over where the UDP service is now; exchanges under way are not disturbed.
    public func replaceUpstream(_ addresses: [SocketAddress]) async {
        for worker in workers { await worker.replaceAddresses(addresses) }
    }

    /// Stops accepting, ends idle connections, and lets the others finish the request at hand.
    ///
    /// For a gateway that runs: of one that has ended nobody would hear it, and this would never return.
    public func drain() async {
        for worker in workers { await worker.drain() }
    }
}
