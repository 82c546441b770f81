internal import DequeModule
internal import EventLoop
internal import System

/// The sockets of exchanges with one backend, by the decisions of ``SocketPool``.
final class ExchangeSocketPool: EventHandler, DeadlineHandler {
    /// The result of a request for a socket.
    enum Allocation {
        /// A socket.
        case socket(ExchangeSocket)
        /// None yet: the exchange waits in the queue, and ``Exchange/proceed(with:)`` is called.
        case queued
        /// None, for the system refused to open one.
        case failed(SystemError)
    }

    /// Another worker's pool may have the last socket and close it any time, which only the limit shows.
    private static let pollInterval = Interval.milliseconds(10)

    private let address: SocketAddress
    private let policy: ReplyPolicy
    private let loop: EventLoop
    private let share: SocketShare
    private var pool: SocketPool
    private var sockets: [ExchangeSocket?] = []
    /// Exchanges that wait for a socket, in order of arrival.
    private var waiters: Deque<Exchange> = []
    private var deadline = Deadline()
    var counts = SocketCounts()
    /// Hears of late replies, and owns the pool: were this weak, its retains would be slow, 125 instructions a request.
    unowned var backend: Backend?

    init(
        to address: SocketAddress, policy: ReplyPolicy = ReplyPolicy(), pool: SocketPool, share: SocketShare,
        loop: EventLoop
    ) {
        self.address = address
        self.policy = policy
        self.pool = pool
        self.share = share
        self.loop = loop
    }

    /// The counters and the states of the sockets, for the metrics.
    var snapshot: SocketCounts {
        var counts = self.counts
        counts.open = share.open
        counts.quarantined = pool.quarantinedCount
        return counts
    }

    /// A rested or new socket for one exchange; at the limit the exchange waits after those that came before it.
    ///
    /// - `isNew`: whether the socket must have carried no exchange.
    func take(for exchange: Exchange, isNew: Bool) -> Allocation {
        if waiters.isEmpty {
            do { if let socket = try next(isNew: isNew) { return .socket(socket) } } catch { return .failed(error) }
        }
        counts.restWaits += 1
        waiters.append(exchange)
        if waiters.count == 1 { awaitNext() }
        return .queued
    }

    /// Removes an exchange whose time is over from the queue.
    func leaveQueue(_ exchange: Exchange) {
        if let index = waiters.firstIndex(where: { $0 === exchange }) { waiters.remove(at: index) }
    }

    /// Takes a socket back at the end of its exchange.
    ///
    /// - `time`: the end by the clock: the loop's own time may be older by the length of the iteration.
    @inline(__always)
    func giveBack(_ socket: ExchangeSocket, _ outcome: SocketPool.Outcome, at time: MonotonicTime) {
        socket.exchange = nil
        socket.isSettled = outcome == .settled
        pool.release(socket.index, outcome, at: time)
        if outcome != .settled { counts.quarantines += 1 }
        if !waiters.isEmpty { loop.callAgain(self) }
    }

    /// Takes back a socket that has heard a former exchange before its own sent anything; its port is not used for a
    /// while.
    func giveBackHeard(_ socket: ExchangeSocket, at time: MonotonicTime) {
        let isSettled = socket.isSettled
        giveBack(socket, .unsettled, at: time)
        socket.isSettled = isSettled
        drain(socket)
    }

    /// A rested socket, or a new one; nil when there is none yet.
    @inline(__always)
    private func next(isNew: Bool) throws(SystemError) -> ExchangeSocket? {
        // Not the time now: a late reply from before the end of the rest must have been reported, and drained.
        switch pool.take(isNew: isNew, mayWiden: share.mayWiden, at: loop.reported) {
        case .use(let index): return sockets[index]
        case .open(let index):
            do {
                return try open(index) ?? rested()
            } catch {
                // No port, no descriptor or no memory is left, so that the existing sockets must be enough.
                guard SendFailure(error.reason) == .wait, let rested = rested() else { throw error }
                return rested
            }
        case .wait: return nil
        }
    }

    private func rested() -> ExchangeSocket? { pool.takeRested(at: loop.reported).flatMap { sockets[$0] } }

    // MARK: - The queue

    /// Serves the waiting exchanges, as far as there are sockets.
    func ready(_ readiness: Readiness) {
        shrink()
        while let first = waiters.first {
            do {
                guard let socket = try next(isNew: first.needsNewSocket) else { return awaitNext() }
                waiters.removeFirst()
                first.proceed(with: .socket(socket))
            } catch {
                waiters.removeFirst()
                first.proceed(with: .failed(error))
            }
        }
    }

    private func awaitNext() {
        let soon = loop.now + Self.pollInterval
        deadline.set(min(soon, pool.nextRested ?? soon), for: self, on: loop)
    }

    func alarm() { if deadline.hasPassed(for: self, on: loop) { ready([]) } }

    // MARK: - Opening and closing

    /// Opens a socket; nil when the limit is reached.
    private func open(_ index: Int) throws(SystemError) -> ExchangeSocket? {
        close(index)
        guard share.take() else {
            pool.discard(index)
            return nil
        }
        do {
            let socket = ExchangeSocket(
                socket: try connect(), towards: policy.isConnected ? nil : address, index: index, pool: self)
            try socket.open(on: loop)
            while sockets.count <= index { sockets.append(nil) }
            sockets[index] = socket
            return socket
        } catch {
            share.giveBack()
            pool.discard(index)
            throw error
        }
    }

    private func connect() throws(SystemError) -> DatagramSocket {
        guard policy.isConnected else { return try policy.openSocket(towards: address) }
        let socket = try DatagramSocket(connectedTo: address)
        try socket.enableReports(about: address)
        return socket
    }

    private func close(_ index: Int) {
        guard index < sockets.count, let socket = sockets[index] else { return }
        socket.close(on: loop)
        sockets[index] = nil
        share.giveBack()
    }

    /// Reopens a rested socket that cannot send any more.
    func renew(_ socket: ExchangeSocket) throws(SystemError) { try socket.renew(try connect(), on: loop) }

    /// Closes the sockets that no exchange has needed for `idle`, and those that another pool needs more.
    func retire(idle: Interval) {
        while let index = pool.retire(idle: idle, at: loop.now) { close(index) }
        shrink()
    }

    /// Closes rested sockets that another address needs more.
    private func shrink() {
        while share.isBeyondFair, let index = pool.retire(idle: .seconds(0), at: loop.now) { close(index) }
    }

    /// Sets the number of sockets that are opened before one is used again early.
    func setSpread(_ number: Int) { pool.spread = min(number, pool.capacity) }

    /// Closes all sockets; later datagrams are not drained.
    func close() {
        deadline.cancel(on: loop)
        for index in sockets.indices { close(index) }
    }

    // MARK: - Datagrams without an exchange

    /// Drops the datagrams after a reply, and returns their lengths and beginnings, for a caller that wants them at once.
    func takeSurplus(behind socket: ExchangeSocket, isSettled: Bool) -> DatagramSocket.Drained {
        let found = socket.socket.drain(keepingBeginnings: true)
        count(found, isSettled)
        return found
    }

    /// Drops the datagrams that came to a socket without an exchange; its port is not used for a while.
    func drain(_ socket: ExchangeSocket) {
        let found = socket.socket.drain()
        count(found, socket.isSettled)
        guard found.datagrams > 0 else { return }
        // A socket without a peer hears strangers as well.
        if policy.isConnected, socket.firstSent != .never {
            backend?.recordLate(after: MonotonicTime.now().since(socket.firstSent), at: loop.now)
        }
        socket.firstSent = .never
        recordDatagram(to: socket)
    }

    /// Takes note of a datagram to a socket without an exchange: its port is not used for a while.
    func recordDatagram(to socket: ExchangeSocket) {
        if pool.recordDatagram(socket.index, earliest: loop.reported, at: .now()) { counts.quarantines += 1 }
    }

    private func count(_ found: DatagramSocket.Drained, _ isSettled: Bool) {
        if isSettled { counts.doubled += found.datagrams } else { counts.late += found.datagrams }
        counts.lateRefusals += found.errors
    }
}
