internal import EventLoop
internal import HTTP
internal import Synchronization
internal import System

/// The counters of a gateway's workers; each worker counts by itself, without a lock.
final class Statistics: Sendable {
    /// The values at a moment.
    struct Snapshot: Sendable {
        /// The counters of each worker.
        var workers: [Entry]
        /// The numbers of the addresses, by service.
        var numbers: [String: [SocketAddress: Int]]
        var limits: SharedLimits
        /// Nil where the kernel does not tell.
        var process: ProcessUsage?
        /// Lines of the log that its reader was too slow for.
        var droppedLogLines = 0
        /// Lines of the access log that did not fit into its buffer.
        var droppedAccessLines = 0
    }

    /// The counters of one worker.
    struct Entry: Sendable {
        let http: HTTPCounts
        let services: [UpstreamCounts]
        /// Those of removed services.
        var former: [UpstreamCounts] = []
    }

    private let workers = Mutex<[Worker]>([])
    private let numbers = Mutex(AddressNumbers())
    private let limits: SharedLimits
    private let accessLog: AccessLog?

    init(limits: SharedLimits, accessLog: AccessLog?) {
        self.limits = limits
        self.accessLog = accessLog
    }

    func add(_ worker: Worker) {
        workers.withLock { $0.append(worker) }
    }

    /// Whether the gateway is ready for new requests.
    func readiness() async -> GatewayReadiness {
        var all: [GatewayReadiness] = []
        for worker in workers.withLock({ $0 }) { all.append(await worker.readiness) }
        return .joined(all)
    }

    /// The list of services, with the verdicts of the first worker.
    func services() async -> Response {
        guard let worker = workers.withLock({ $0.first }) else { return Response(.notFound) }
        return await worker.serviceList
    }

    /// Collects each worker's counters on its own loop.
    func collect() async -> Snapshot {
        var entries: [Entry] = []
        for worker in workers.withLock({ $0 }) { entries.append(await worker.counts) }
        return Snapshot(
            workers: entries, numbers: numbers.withLock { $0.update(with: entries) }, limits: limits,
            process: ProcessUsage.current(), droppedLogLines: LogOutput.standardError.dropped,
            droppedAccessLines: accessLog?.dropped ?? 0)
    }
}

/// One worker's counters of the TCP leg.
struct HTTPCounts: Sendable {
    /// Connections accepted.
    var accepted = 0
    /// Connections now open.
    var open = 0
    /// Idle connections closed because there were too many.
    var evicted = 0
    /// Connections refused because there were too many.
    var rejected = 0
    /// Requests refused because the buffers for incomplete requests were full.
    var bufferShortages = 0
    /// Times that a connection with more requests let others go first.
    var yields = 0
    /// Times that a connection found no free descriptor.
    var descriptorShortages = 0
    /// Responses by status code, from 100 on.
    private var responses = [Int](repeating: 0, count: 500)

    /// Responses with the gateway's own failures, by service and reason.
    private(set) var failures: [ServiceFailure: Int] = [:]

    mutating func count(_ status: Status) {
        responses[Int(status.code) - 100] += 1
    }

    /// Counts a response, and its failure if it has one.
    mutating func count(_ response: Response) {
        count(response.status)
        if let failure = response.failure { failures[failure, default: 0] += 1 }
    }

    /// The status codes of responses, with their numbers.
    var byStatus: [(Int, Int)] {
        responses.indices.filter { responses[$0] > 0 }.map { ($0 + 100, responses[$0]) }
    }
}

/// One worker's counters of a service.
struct UpstreamCounts: Sendable {
    /// The path of the service.
    var service = "/"
    /// Requests refused because too many exchanges were in flight.
    var overloads = 0
    /// Requests refused because no address was known.
    var withoutBackend = 0
    /// Requests refused because no socket, port or buffer was free in time.
    var exhausted = 0
    /// Exchanges now in flight.
    var inFlight = 0
    /// The counters of each address.
    var backends: [(address: SocketAddress, counts: BackendCounts)] = []

    /// Adds the counters of a service that is gone, without its addresses.
    mutating func add(_ gone: UpstreamCounts) {
        overloads += gone.overloads
        withoutBackend += gone.withoutBackend
        exhausted += gone.exhausted
    }
}

/// One worker's counters of one address.
struct BackendCounts: Sendable {
    /// Datagrams sent, the first of each exchange and all others.
    var sent = 0
    /// Datagrams sent again.
    var retransmissions = 0
    /// Datagrams sent here because another address was unreachable.
    var failovers = 0
    /// Replies that answered a request.
    var replies = 0
    /// Replies without a byte, which are among the replies.
    var empty = 0
    /// Replies longer than the limit.
    var truncated = 0
    /// Replies beyond the most that a caller gets, beyond the memory limit, or beyond the kernel's queue.
    var dropped = 0
    /// Datagrams that came where none was expected.
    var unasked = 0
    /// Datagrams of strangers: to sockets that were just being opened, or from another host than the service's.
    var foreign = 0
    /// ICMP reports that the port is closed, of the exchange under way.
    var refusals = 0
    /// Datagrams without a route, by ICMP reports or by the host's own routes.
    var unreachables = 0
    /// Datagrams that a filter or a route prohibited, by ICMP reports or by the host's own rules.
    var prohibitions = 0
    /// Datagrams sent once more because the path takes less than the kernel knew.
    var resized = 0
    /// Times that this host had no room, no port or no descriptor for a datagram.
    var blocked = 0
    /// ICMP reports of earlier exchanges, found when sending.
    var lateRefusals = 0
    /// Attempts without a reply in time.
    var timeouts = 0
    /// The distribution of round trips.
    var roundTrips = RoundTripHistogram()
    /// Exchanges now under way.
    var inFlight = 0
    /// Whether the last verdict was good, and when it came.
    var isUp = true
    var lastVerdict = MonotonicTime(nanoseconds: 0)
    /// ICMP reports that belong to no exchange under way, wherever they were found.
    var foreignRefusals: Int { lateRefusals + sockets.lateRefusals }
    /// The counters of its sockets between exchanges.
    var sockets = SocketCounts()
}

/// One worker's counters of the sockets of one address, most of them between exchanges.
struct SocketCounts: Sendable {
    /// Replies to an exchange that had ended without one, or that had sent several datagrams.
    var late = 0
    /// Second replies to a single datagram.
    var doubled = 0
    /// ICMP reports that came after their exchange had ended.
    var lateRefusals = 0
    /// Requests that had to wait for a rested socket.
    var restWaits = 0
    /// Sockets put into quarantine.
    var quarantines = 0
    /// Sockets now open.
    var open = 0
    /// Sockets now in quarantine.
    var quarantined = 0
}

/// The distribution of round trips, in the buckets of a Prometheus histogram.
struct RoundTripHistogram: Sendable {
    /// The upper bounds of the buckets in microseconds; a last bucket has none.
    static let bounds: [UInt64] = [
        100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    ]

    /// Round trips by bucket, each counted once.
    private(set) var counts = [Int](repeating: 0, count: Self.bounds.count + 1)
    /// All round trips together, in nanoseconds.
    private(set) var sum: UInt64 = 0

    /// Counts a round trip.
    @inline(__always)
    mutating func add(_ roundTrip: Interval) {
        var bucket = 0
        while bucket < Self.bounds.count, roundTrip.nanoseconds > Self.bounds[bucket] * 1000 { bucket += 1 }
        counts[bucket] += 1
        sum &+= roundTrip.nanoseconds
    }

    /// Adds another worker's counts.
    mutating func add(_ other: RoundTripHistogram) {
        for bucket in counts.indices { counts[bucket] += other.counts[bucket] }
        sum &+= other.sum
    }
}
