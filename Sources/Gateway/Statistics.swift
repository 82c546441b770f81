internal import HTTP
internal import Synchronization
internal import System

/// What the workers of a gateway have counted, each by itself and without a lock.
final class Statistics: Sendable {
    /// What there is to tell at a moment.
    struct Snapshot: Sendable {
        /// What each worker has counted.
        var workers: [Entry]
        var limits: SharedLimits
        /// Nil where the kernel does not tell.
        var process: ProcessUsage?
        /// Lines that the log's reader was too slow for.
        var droppedLogLines = 0
        /// Lines of the access log that did not fit into its buffer.
        var droppedAccessLines = 0
    }

    /// What one worker has counted.
    struct Entry: Sendable {
        let http: HTTPCounts
        let services: [UpstreamCounts]
    }

    private let workers = Mutex<[Worker]>([])
    private let limits: SharedLimits
    private let accessLog: AccessLog?

    init(limits: SharedLimits, accessLog: AccessLog?) {
        self.limits = limits
        self.accessLog = accessLog
    }

    /// Adds a worker.
    func add(_ worker: Worker) {
        workers.withLock { $0.append(worker) }
    }

    /// Whether new requests should come to the gateway.
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

    /// Asks each worker for its counts, on its own loop.
    func collect() async -> Snapshot {
        var entries: [Entry] = []
        for worker in workers.withLock({ $0 }) { entries.append(await worker.counts) }
        return Snapshot(
            workers: entries, limits: limits, process: ProcessUsage.current(), droppedLogLines: LogOutput.dropped,
            droppedAccessLines: accessLog?.dropped ?? 0)
    }
}

/// What one worker has seen on the TCP leg.
struct HTTPCounts: Sendable {
    /// Connections accepted.
    var accepted = 0
    /// Connections now open.
    var open = 0
    /// Idle connections closed because there were too many.
    var evicted = 0
    /// Connections turned away because there were too many.
    var rejected = 0
    /// Requests turned away because there was no room for one that comes in parts.
    var bufferShortages = 0
    /// Times that a connection with more requests let others have their turn.
    var turns = 0
    /// Times that no descriptor was left for a connection.
    var descriptorShortages = 0
    /// Responses by status code, from 100 on.
    private var responses = [Int](repeating: 0, count: 500)

    /// Responses that say why the gateway could not do what was asked, by service and reason.
    private(set) var failures: [ServiceFailure: Int] = [:]

    /// Counts a response.
    mutating func count(_ status: Status) {
        responses[Int(status.code) - 100] += 1
    }

    /// Counts a response, and the failure that it tells of.
    mutating func count(_ response: Response) {
        count(response.status)
        if let failure = response.failure { failures[failure, default: 0] += 1 }
    }

    /// The status codes that have been sent, in order, and how often each.
    var byStatus: [(code: Int, count: Int)] {
        responses.indices.filter { responses[$0] > 0 }.map { ($0 + 100, responses[$0]) }
    }

    /// Adds what another worker has seen.
    mutating func add(_ other: HTTPCounts) {
        accepted += other.accepted
        open += other.open
        evicted += other.evicted
        rejected += other.rejected
        bufferShortages += other.bufferShortages
        turns += other.turns
        descriptorShortages += other.descriptorShortages
        for index in responses.indices { responses[index] += other.responses[index] }
        failures.merge(other.failures, uniquingKeysWith: +)
    }
}

/// What one worker has seen of a service.
struct UpstreamCounts: Sendable {
    /// The path of the service.
    var service = "/"
    /// Requests turned away because too many exchanges were in flight.
    var overloads = 0
    /// Requests turned away because no address was known.
    var withoutBackend = 0
    /// Requests turned away because no socket, port or room could be had in time.
    var exhausted = 0
    /// Exchanges now in flight.
    var inFlight = 0
    /// What was seen of each address.
    var backends: [(address: SocketAddress, counts: BackendCounts)] = []
}

/// What one worker has seen of one address.
struct BackendCounts: Sendable {
    /// Datagrams sent, the first of each exchange and all others.
    var sent = 0
    /// Datagrams sent again.
    var retransmissions = 0
    /// Datagrams sent here because another address could not be reached.
    var failovers = 0
    /// Replies that answered a request.
    var replies = 0
    /// Of these, the ones without a byte.
    var empty = 0
    /// Replies longer than the limit.
    var truncated = 0
    /// Replies beyond the most that a caller gets, or beyond the memory allowed.
    var dropped = 0
    /// Datagrams that came in where none was expected.
    var unasked = 0
    /// Datagrams of strangers to sockets that were just being opened.
    var foreign = 0
    /// ICMP reports that no program listens, of the exchange under way.
    var refusals = 0
    /// Datagrams to which no way led, by ICMP reports or by the host's own routes.
    var unreachables = 0
    /// Datagrams that a filter or a route forbade, by ICMP reports or by the host's own rules.
    var prohibitions = 0
    /// Datagrams sent once more because the path takes less than the kernel knew.
    var resized = 0
    /// Times that this host had no room, no port or no descriptor for a datagram.
    var blocked = 0
    /// ICMP reports of earlier exchanges, found when sending.
    var lateRefusals = 0
    /// Attempts without a reply in time.
    var timeouts = 0
    /// How long the round trips took.
    var roundTrips = RoundTripHistogram()
    /// Exchanges now under way.
    var inFlight = 0
    /// Whether the last verdict was good.
    var isUp = true
    /// ICMP reports that belong to no exchange under way, wherever they were found.
    var foreignRefusals: Int { lateRefusals + sockets.lateRefusals }
    /// What was seen on its sockets between exchanges.
    var sockets = ExchangeSocketPool.Counts()
}
