package import EventLoop
package import System
internal import Synchronization

/// A bad network between UDP clients and a server: it loses, doubles, delays, reorders and damages datagrams as set.
///
/// Each client has a connected socket of its own at the server, so that the server tells the clients apart and every
/// reply finds its client. `NoiseImpairment` decides each datagram's fate, and the proxy applies it. Everything happens
/// on the loop's thread, for the loop is the actor's executor. Delays end with the loop's ticks: up to two milliseconds
/// late, never early.
package actor NoiseProxy {
    /// The bounds on the proxy's memory.
    package struct Limits: Sendable {
        /// The most clients at a time.
        ///
        /// For one more client the proxy forgets the longest idle one; where all have datagrams under way, it rejects
        /// the new one.
        package var clients = 1024
        /// The idle time after which the proxy forgets a client.
        package var idle = Interval.seconds(60)
        /// The most bytes of datagrams under way; further datagrams are lost, and counted.
        package var heldBytes = 64 << 20

        /// The command's default limits.
        package init() {}
    }

    /// The address that clients send to.
    package nonisolated let address: SocketAddress
    package nonisolated let servers: [SocketAddress]
    /// The index of the address that new clients begin with.
    private var preferred = 0
    private nonisolated let loop: EventLoop
    private nonisolated let shared: Mutex<BothWays<NoiseSettings>>
    private let forwarder: NoiseForwarder
    private var table: NoiseClientTable<NoiseClient, NoiseLink>
    private var batch = DatagramBatch(capacity: 32)
    /// Links whose server has sent something.
    private let ready: ReadyQueue<NoiseLink>
    private let clock: Suspension
    private var alarm = MonotonicTime.never
    private var isStopping = false
    /// Consecutive errors of the clients' side and of the server's.
    private var errors = ErrorRun()
    private var linkErrors = ErrorRun()

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor }

    /// Takes a bound socket that clients send to.
    ///
    /// - `servers`: the server's addresses, 1 or more; where one refuses, the next takes its place.
    /// - `seed`: the same seed gives the same fates.
    /// - `onEvent`: gets each datagram's event, on the loop's thread.
    package init(
        socket: consuming DatagramSocket, servers: [SocketAddress], seed: UInt64, settings: BothWays<NoiseSettings>,
        limits: Limits = Limits(), on loop: EventLoop, onEvent: (@Sendable (NoiseEvent) -> Void)? = nil
    ) throws(SystemError) {
        address = try socket.localAddress()
        self.servers = servers
        self.loop = loop
        forwarder = NoiseForwarder(
            socket: socket, seed: seed, heldBytes: limits.heldBytes, keepsLatest: servers.count > 1, onEvent: onEvent)
        shared = Mutex(settings)
        table = NoiseClientTable(limit: limits.clients, idle: limits.idle)
        ready = ReadyQueue(on: loop)
        clock = Suspension(on: loop)
    }

    /// The settings for datagrams from now on; any thread may read and set them at any time.
    package nonisolated var settings: BothWays<NoiseSettings> {
        get { shared.withLock { $0 } }
        set { shared.withLock { $0 = newValue } }
    }

    /// The counters so far.
    package var counts: BothWays<NoiseCounts> {
        var counts = forwarder.counts
        counts.toServer.unseen += forwarder.socket.overflows
        for link in table.values { counts.toClient.unseen += link.socket.overflows }
        return counts
    }

    package var clientCount: Int { table.count }

    /// Passes datagrams on until its task is cancelled; those under way then do not arrive.
    package func run() async throws(SystemError) {
        let watch = try AsyncWatch(forwarder.socket.descriptor, as: .datagrams, on: loop)
        let replies = Task(executorPreference: loop) { await self.forwardReplies() }
        let timer = Task(executorPreference: loop) { await self.keepTime() }
        while !Task.isCancelled, await watch.readable() == .ready {
            if forwardRequests() { continue }
            watch.keepReadable()
            // A flood from one side must not keep the loop from the other side, nor from the clock.
            if let pause = errors.pause { await loop.sleep(until: .now() + pause) } else { await loop.yield() }
        }
        isStopping = true
        ready.close()
        for link in table.values { loop.release(link.watch) }
        clock.wake()
        await replies.value
        await timer.value
        watch.pause()
    }
}

// MARK: - From both sides

extension NoiseProxy {
    /// Takes the clients' datagrams; false when more may wait.
    private func forwardRequests() -> Bool {
        let now = MonotonicTime.now()
        let settings = self.settings.toServer
        release(at: now)
        // The kernel reports no refusal to an unconnected socket (udp(7)); after any other error, the call is made
        // again.
        guard (try? batch.receive(from: forwarder.socket)) != nil else {
            errors.note()
            return false
        }
        errors.end()
        batch.forEach { address, replySource, datagram in
            let client = NoiseClient(address: address, replySource: replySource)
            do throws(SystemError) {
                if let link = try link(for: client, at: now) {
                    forwarder.forward(datagram, .toServer, link, settings, now)
                } else {
                    forwarder.recordRejected(datagram, of: client, nil, now)
                }
            } catch {
                forwarder.recordRejected(datagram, of: client, error, now)
            }
        }
        wakeClock()
        return !batch.isFull
    }

    /// Takes the server's datagrams, until the proxy stops.
    private func forwardReplies() async {
        while let link = await ready.next() {
            guard !link.isForgotten else { continue }
            do {
                try forwardReplies(over: link)
                linkErrors.end()
                guard batch.isFull else { continue }
            } catch {
                // Mostly the report of a refusal; datagrams may wait after it.
                forwarder.note(error, .toServer, link)
                moveOn(from: link)
                if error.reason != .connectionRefused { linkErrors.note() }
            }
            ready.add(link)
            if let pause = linkErrors.pause { await loop.sleep(until: .now() + pause) } else { await loop.yield() }
        }
    }

    private func forwardReplies(over link: NoiseLink) throws(SystemError) {
        let now = MonotonicTime.now()
        let settings = self.settings.toClient
        release(at: now)
        _ = try batch.receive(from: link.socket)
        // A client that gets a reply is not idle.
        _ = table.find(link.client, at: now)
        batch.forEach { sender, _, datagram in
            // A stranger's datagram may have reached the socket before it had its peer.
            if sender == link.peer { forwarder.forward(datagram, .toClient, link, settings, now) }
        }
        wakeClock()
    }

    /// The client's socket at the server; nil when there is no room for another client.
    private func link(for client: NoiseClient, at now: MonotonicTime) throws(SystemError) -> NoiseLink? {
        if let link = table.find(client, at: now) {
            return link.isRefused ? moveOn(from: link) ?? replacement(for: link) ?? link : link
        }
        if table.isFull { forgetQuietClients(at: now) }
        // A client that closes its socket does not announce it: the table would fill with clients that are gone.
        if table.isFull, let link = table.evict(at: now, where: { $0.held == 0 }) { forget(link) }
        guard !table.isFull else { return nil }
        let link = try open(client)
        table.insert(link, for: client, at: now)
        return link
    }

    /// Opens a socket to the first of the server's addresses that the machine has a route to.
    private func open(_ client: NoiseClient) throws(SystemError) -> NoiseLink {
        var offset = 0
        while true {
            let server = servers[(preferred + offset) % servers.count]
            do { return try NoiseLink(client, to: server, on: loop, ready: ready) } catch {
                offset += 1
                if offset == servers.count { throw error }
            }
        }
    }

    /// Sends a client's latest datagram to the server's next address and returns the link to it; nil where there is no such
    /// datagram, where no socket can be opened, or where all have refused the datagram.
    @discardableResult
    private func moveOn(from link: NoiseLink) -> NoiseLink? {
        guard link.isRefused, link.refusals + 1 < servers.count, let latest = link.latest,
            let next = replacement(for: link)
        else { return nil }
        next.refusals = link.refusals + 1
        forwarder.sendAgain(latest, over: next)
        return next
    }

    /// A socket to the server's next address, in place of a refused one; nil where there is no other address.
    private func replacement(for link: NoiseLink) -> NoiseLink? {
        guard servers.count > 1 else { return nil }
        if servers[preferred] == link.server { preferred = (preferred + 1) % servers.count }
        guard let next = try? open(link.client) else { return nil }
        link.replace(with: next)
        table.replace(next, for: link.client)
        forget(link)
        return next
    }

    private func forgetQuietClients(at now: MonotonicTime) {
        for link in table.expire(at: now, where: { $0.held == 0 }) { forget(link) }
    }

    private func forget(_ link: NoiseLink) {
        link.isForgotten = true
        loop.release(link.watch)
        forwarder.counts.toClient.unseen += link.socket.overflows
    }
}

// MARK: - Time

extension NoiseProxy {
    /// Sends the datagrams whose delay is over; their clients are active, for replies may come now.
    private func release(at now: MonotonicTime) {
        forwarder.release(at: now) { _ = table.find($0, at: now) }
    }

    /// Releases datagrams and forgets idle clients, each at its time.
    private func keepTime() async {
        while !isStopping {
            alarm = nextAlarm
            _ = await clock.wait(until: alarm)
            release(at: loop.now)
            forgetQuietClients(at: loop.now)
        }
    }

    /// The time of the next action.
    private var nextAlarm: MonotonicTime { min(forwarder.nextDue, table.nextExpiry) }

    /// Wakes the clock in time.
    private func wakeClock() {
        if nextAlarm < alarm { clock.wake() }
    }
}
