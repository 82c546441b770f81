internal import Datagrams
internal import EventLoop
internal import Sockets

/// A reply of the UDP service.
struct Reply {
    /// A rented buffer that holds it.
    var buffer: [UInt8]
    /// Where in the buffer it lies.
    let range: Range<Int>
    /// From the first send to the reply.
    let roundTrip: Interval
    /// How many datagrams were sent for it.
    let attempts: Int
}

/// The UDP service behind the gateway, as one worker sees it.
final class Upstream {
    /// An open socket and its place in the loop.
    private final class Door {
        let socket: DatagramSocket
        let watch: Watch

        init(socket: consuming DatagramSocket, watch: Watch) {
            self.socket = socket
            self.watch = watch
        }
    }

    let address: SocketAddress
    private(set) var counts = UpstreamCounts()
    private let configuration: Configuration
    private let loop: EventLoop
    private let pool: BufferPool
    private var ring: SocketRing
    private var doors: [Door?] = []
    private let strays = Strays()
    /// Requests that wait for a socket at the limit, in order of arrival.
    private let turnstile: WaitQueue
    private let maxInFlight: Int

    init(address: SocketAddress, configuration: Configuration, loop: EventLoop, pool: BufferPool) {
        self.address = address
        self.configuration = configuration
        self.loop = loop
        self.pool = pool
        turnstile = WaitQueue(on: loop)
        maxInFlight = configuration.share(of: configuration.maxInFlight)
        ring = SocketRing(
            capacity: configuration.share(of: configuration.maxSockets), rest: configuration.rest,
            quarantine: configuration.quarantine)
    }

    /// The counters and the states of the sockets, for the metrics.
    var snapshot: UpstreamCounts {
        var counts = self.counts
        counts.sockets = ring.count
        counts.quarantined = ring.quarantinedCount
        return counts
    }

    /// Sends the body as one datagram and waits for the reply; sends it again as often as the configuration allows.
    func exchange(_ datagram: ArraySlice<UInt8>) async throws(GatewayError) -> Reply {
        guard counts.inFlight < maxInFlight else {
            counts.overloads += 1
            throw .overloaded(limit: configuration.maxInFlight)
        }
        counts.inFlight += 1
        defer { counts.inFlight -= 1 }
        let start = MonotonicTime.now()
        let index = try await takeSocket(until: start + configuration.timeout)
        guard let door = doors[index] else { preconditionFailure("a socket in the ring is open") }
        do {
            let reply = try await exchange(datagram, through: door, from: start)
            release(index, reply.attempts == 1 ? .settled : .unsettled)
            return reply
        } catch {
            release(index, .unsettled)
            throw error
        }
    }

    /// The exchange itself, as the tutorial has it: send, then receive from the same socket.
    private func exchange(
        _ datagram: ArraySlice<UInt8>, through door: Door, from start: MonotonicTime
    ) async throws(GatewayError) -> Reply {
        for attempt in 1...configuration.attempts {
            if attempt > 1 { counts.retransmissions += 1 }
            try send(datagram, through: door)
            let pause = Backoff.elapsed(after: attempt, of: configuration.attempts, within: configuration.timeout)
            // A datagram that is no use, such as one with a wrong checksum, does not end the wait: the deadline does.
            while await loop.readable(door.watch, until: start + pause) == .ready {
                if let reply = try receive(through: door, since: start, attempt) { return reply }
            }
        }
        counts.timeouts += 1
        throw .silent(address, after: configuration.timeout, attempts: configuration.attempts)
    }

    private func send(_ datagram: ArraySlice<UInt8>, through door: Door) throws(GatewayError) {
        do {
            do {
                _ = try door.socket.send(datagram.span)
            } catch  where error.reason == .connectionRefused {
                // The report of an earlier exchange; it kept this datagram from leaving (udp(7)).
                counts.lateRefusals += 1
                _ = try door.socket.send(datagram.span)
            }
            counts.sent += 1
        } catch {
            throw failure(error)
        }
    }

    private func receive(through door: Door, since start: MonotonicTime, _ attempt: Int) throws(GatewayError) -> Reply?
    {
        var buffer = pool.rentLarge()
        do throws(GatewayError) {
            if let length = try receive(into: &buffer, through: door) {
                counts.received += 1
                let roundTrip = MonotonicTime.now().since(start)
                return Reply(buffer: buffer, range: 0..<length, roundTrip: roundTrip, attempts: attempt)
            }
        } catch {
            pool.giveBack(&buffer)
            throw error
        }
        pool.giveBack(&buffer)
        return nil
    }

    /// Takes the reply, and with it whatever else has come; nil when nothing has.
    private func receive(into buffer: inout [UInt8], through door: Door) throws(GatewayError) -> Int? {
        do throws(SocketError) {
            // One byte more than the limit shows a reply that is longer.
            let room = 0..<configuration.maxDatagram + 1
            guard let receipt = try door.socket.receive(into: &buffer, room) else { return nil }
            if receipt.hadSurplus { counts.doubled += 1 + door.socket.drain().datagrams }
            if receipt.length <= configuration.maxDatagram { return receipt.length }
        } catch {
            throw failure(error)
        }
        counts.oversized += 1
        throw .replyTooLong(limit: configuration.maxDatagram)
    }

    private func failure(_ error: SocketError) -> GatewayError {
        if error.reason == .connectionRefused { counts.refusals += 1 }
        return GatewayError(error, to: address, limit: configuration.maxDatagram)
    }

    // MARK: - Sockets

    /// A socket whose past is past, for one exchange.
    ///
    /// At the limit a request waits: for the oldest to be rested, behind those who came before it.
    private func takeSocket(until deadline: MonotonicTime) async throws(GatewayError) -> Int {
        if turnstile.isEmpty, let index = try nextSocket() { return index }
        counts.restWaits += 1
        let place = turnstile.join()
        defer { turnstile.leave(place) }
        while loop.now < deadline {
            if turnstile.isFirst(place), let index = try nextSocket() { return index }
            let rested = turnstile.isFirst(place) ? ring.nextRested : nil
            _ = await place.wait(until: min(deadline, rested ?? deadline))
        }
        throw .noSocket(limit: configuration.maxSockets)
    }

    /// A rested socket, or a new one; nil when there is none yet.
    private func nextSocket() throws(GatewayError) -> Int? {
        switch ring.take(at: loop.now) {
        case .use(let index):
            clear(index)
            return index
        case .open(let index): return try open(index) ? index : nil
        case .wait: return nil
        }
    }

    /// Opens a socket; false when the process has no descriptor left, and those that there are must do.
    private func open(_ index: Int) throws(GatewayError) -> Bool {
        do {
            let socket = try DatagramSocket(connectedTo: address)
            let watch = try loop.watch(socket.descriptor, as: .datagrams, strays: strays, tag: index)
            while doors.count <= index { doors.append(nil) }
            doors[index] = Door(socket: socket, watch: watch)
            return true
        } catch {
            ring.discard(index)
            guard error.reason == .tooManyOpenFiles || error.reason == .tooManyOpenFilesInSystem else {
                throw failure(error)
            }
            return false
        }
    }

    private func release(_ index: Int, _ outcome: SocketRing.Outcome) {
        ring.release(index, outcome, at: loop.now)
        if outcome == .unsettled { counts.quarantines += 1 }
        if !turnstile.isEmpty { turnstile.wakeFirst() }
    }

    /// Throws away what came to a socket while it carried no exchange.
    private func clear(_ index: Int) {
        guard let door = doors[index], loop.takeReadable(door.watch) else { return }
        let found = door.socket.drain()
        counts.late += found.datagrams
        counts.lateRefusals += found.errors
    }

    /// Drains the sockets at rest as late replies come in, until `close()`.
    func collectStrays() async {
        while let index = await strays.next() {
            // A socket in use again was cleared when it was taken; what it has now belongs to its exchange.
            if !ring.isBusy(index) { clear(index) }
        }
    }

    /// Closes the sockets that nobody has needed for a while.
    func retireIdleSockets() {
        while let index = ring.retire(idle: .seconds(10), at: loop.now) { doors[index] = nil }
    }

    /// Takes a reply's buffer back.
    func giveBack(_ reply: inout Reply) { pool.giveBack(&reply.buffer) }

    /// Ends `collectStrays()`.
    func close() { strays.close() }
}
