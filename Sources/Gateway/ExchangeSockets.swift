internal import EventLoop
internal import Sockets

/// An open socket of the ring and its place in the loop.
final class ExchangeSocket {
    private(set) var socket: DatagramSocket
    private(set) var watch: Watch
    /// Its number in the ring, which has fewer than two thousand million: thousands of these take turns, and each is
    /// cold when its turn comes.
    private let number: Int32
    /// Whether it has carried no exchange yet, so that what strangers sent before it had its peer may still come.
    var isFresh = true
    /// Whether its last exchange sent a single datagram and has the answer, so that what comes can only be a double.
    var isSettled = false

    init(socket: consuming DatagramSocket, watch: Watch, index: Int) {
        self.socket = socket
        self.watch = watch
        number = Int32(index)
    }

    /// Its number in the ring.
    var index: Int { Int(number) }

    /// Its port, while the kernel knows it.
    var port: UInt16? { (try? socket.localAddress())?.port }

    /// Puts another socket in its place; the old one is closed.
    func renew(_ socket: consuming DatagramSocket, _ watch: Watch) {
        self.socket = socket
        self.watch = watch
        isFresh = true
    }
}

/// The sockets that carry exchanges with one address: what `SocketRing` decides, carried out.
final class ExchangeSockets {
    /// What was seen on sockets that carried no exchange, and what was done about the ring.
    struct Counts: Sendable {
        /// Replies to an exchange that had ended without one, or that had sent several datagrams.
        var late = 0
        /// Second replies to a single datagram.
        var doubled = 0
        /// ICMP reports that came after their exchange had ended.
        var lateRefusals = 0
        /// Requests that had to wait for a socket to be rested.
        var restWaits = 0
        /// Sockets put into quarantine.
        var quarantines = 0
        /// Sockets now open.
        var open = 0
        /// Sockets now in quarantine.
        var quarantined = 0
    }

    private let address: SocketAddress
    private let loop: EventLoop
    private var ring: SocketRing
    private var sockets: [ExchangeSocket?] = []
    private let strays: Strays
    /// Requests that wait for a socket at the limit, in order of arrival.
    private let turnstile: WaitQueue
    private var counts = Counts()

    init(to address: SocketAddress, ring: SocketRing, loop: EventLoop) {
        self.address = address
        self.ring = ring
        self.loop = loop
        strays = Strays(on: loop)
        turnstile = WaitQueue(on: loop)
    }

    /// Whether no socket is open.
    var isEmpty: Bool { ring.count == 0 }

    /// The counters and the states of the sockets, for the metrics.
    var snapshot: Counts {
        var counts = self.counts
        counts.open = ring.count
        counts.quarantined = ring.quarantinedCount
        return counts
    }

    /// A socket whose past is past, for one exchange; nil when there is none yet, or others wait for one.
    func takeNow() throws(SocketError) -> ExchangeSocket? {
        turnstile.isEmpty ? try next() : nil
    }

    /// The same at the limit, where a request waits: for the oldest socket to be rested, behind those who came before
    /// it; nil when there was none before the deadline.
    @inline(never)
    func takeInTurn(until deadline: MonotonicTime) async throws(SocketError) -> ExchangeSocket? {
        counts.restWaits += 1
        let place = turnstile.join()
        defer { turnstile.leave(place) }
        while loop.now < deadline {
            let isFirst = turnstile.isFirst(place)
            if isFirst, let socket = try next() { return socket }
            let rested = isFirst ? ring.nextRested : nil
            _ = await place.wait(until: min(deadline, rested ?? deadline))
        }
        return nil
    }

    /// Takes a socket back at the end of its exchange.
    ///
    /// - `time`: the end as the clock has it: the loop's own time may be older by as much as a turn was held up.
    func giveBack(_ socket: ExchangeSocket, _ outcome: SocketRing.Outcome, at time: MonotonicTime) {
        socket.isFresh = false
        socket.isSettled = outcome == .settled
        ring.release(socket.index, outcome, at: time)
        if outcome == .unsettled { counts.quarantines += 1 }
        if !turnstile.isEmpty { turnstile.wakeFirst() }
    }

    /// A rested socket, or a new one; nil when there is none yet.
    private func next() throws(SocketError) -> ExchangeSocket? {
        // Not the time now: a late reply that came before a socket was rested must have been reported, and drained.
        switch ring.take(at: loop.reported) {
        case .use(let index):
            guard let socket = sockets[index] else { return nil }
            if !ring.isPlainPool { clear(socket) }
            return socket
        case .open(let index): return try open(index)
        case .wait: return nil
        }
    }

    /// Opens a socket; nil when the process has no descriptor left, and those that there are must do.
    private func open(_ index: Int) throws(SocketError) -> ExchangeSocket? {
        do {
            let socket = try DatagramSocket(connectedTo: address)
            try socket.hearReports(about: address)
            let watch = try watch(socket, index)
            while sockets.count <= index { sockets.append(nil) }
            let opened = ExchangeSocket(socket: socket, watch: watch, index: index)
            sockets[index] = opened
            return opened
        } catch {
            ring.discard(index)
            if error.reason == .tooManyOpenFiles || error.reason == .tooManyOpenFilesInSystem { return nil }
            throw error
        }
    }

    /// Opens a rested socket anew that cannot send any more.
    func renew(_ socket: ExchangeSocket) throws(SocketError) {
        let fresh = try DatagramSocket(connectedTo: address)
        try fresh.hearReports(about: address)
        let watch = try watch(fresh, socket.index)
        socket.renew(fresh, watch)
    }

    /// What lies behind a reply is reported, and thrown away, before the socket is used again.
    private func watch(_ socket: borrowing DatagramSocket, _ index: Int) throws(SocketError) -> Watch {
        try loop.watch(socket.descriptor, as: .singleDatagrams, strays: strays, tag: index)
    }

    /// Throws away what lies behind a reply, and tells how much that was, where somebody wants to know it at once.
    func takeSurplus(behind socket: ExchangeSocket, isSettled: Bool) -> Int {
        socket.isSettled = isSettled
        return drain(socket)
    }

    /// Throws away what came to a socket while it carried no exchange.
    private func clear(_ socket: ExchangeSocket) {
        if loop.takeReadable(socket.watch) { _ = drain(socket) }
    }

    private func drain(_ socket: ExchangeSocket) -> Int {
        let found = socket.socket.drain()
        if socket.isSettled { counts.doubled += found.datagrams } else { counts.late += found.datagrams }
        counts.lateRefusals += found.errors
        return found.datagrams
    }

    /// Drains the sockets at rest as late replies come in, until `close()`.
    func collectStrays() async {
        while let index = await strays.next() {
            // A socket in use again was cleared when it was taken; what it has now belongs to its exchange.
            if !ring.isBusy(index), !ring.isPlainPool, let socket = sockets[index] { clear(socket) }
        }
    }

    /// Closes the sockets that nobody has needed for `idle`.
    func retire(idle: Interval) {
        while let index = ring.retire(idle: idle, at: loop.now) { sockets[index] = nil }
    }

    /// Ends `collectStrays()`; nobody drains the sockets from then on, so that nothing is to be reported of them.
    func close() {
        strays.close()
        for socket in sockets { if let socket { loop.unwatch(socket.watch) } }
    }
}
