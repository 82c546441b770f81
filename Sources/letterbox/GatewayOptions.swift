internal import Noise
internal import ArgumentParser
internal import CommandLineSupport
internal import Datagrams
internal import Gateway
internal import HTTP
internal import System

/// The defaults of all flags.
private let usual = Configuration()

/// The addresses that the gateway listens at and sends to.
struct AddressOptions: ParsableArguments {
    @Option(
        help: .of(
            "host", "The address to listen on for HTTP, or unix:PATH for a socket of this machine, without a port.",
            "127.0.0.1"), transform: { try ListenTarget.unixAddress($0) == nil ? readHost($0) : $0 })
    var host = "127.0.0.1"

    @Option(port: "The TCP port; 0 lets the system choose, and the ready line names it.")
    var port: UInt16 = 8080

    @Option(
        help: ArgumentHelp(
            """
            A second address for /healthz, /readyz, /metrics and /services, or unix:PATH, outside --max-connections; the first \
            has none of them then.
            """, valueName: "host:port"), transform: ListenTarget.init)
    var admin: ListenTarget?

    @Option(port: "The UDP port of the embedded uppercase server; 0 lets the system choose.")
    var serverPort: UInt16 = 12000

    @Option(
        endpoints:
            "The UDP service, instead of the embedded server; may be repeated. A name stands for all its addresses.")
    var upstream: [Endpoint] = []

    @Option(
        help: ArgumentHelp(
            """
            A UDP service at a path, 'PATH HOST:PORT ... [OPTION=VALUE ...]'; options are timeout, attempts, \
            rest, quarantine, max-datagram, probe-text, type, get, preset, and how replies come: replies, wait, \
            quiet, max-replies, from, ttl, interface. May be repeated.
            """, valueName: "service"), transform: ServiceDescription.init)
    var service: [ServiceDescription] = []

    @Flag(help: "Let callers see the addresses and ports of a UDP service that is not on loopback.")
    var showAddresses = false

    @Option(
        time: "How often the names of the UDP service are looked up again; a failed look-up changes nothing.",
        in: .repeating)
    var resolveInterval = Interval.seconds(30)

    @Option(
        help: "Text that is sent to each address of the UDP service from time to time; any reply is a sign of life.")
    var probeText: String?

    @Option(
        time: "The pause between two rounds of these datagrams, which go to all addresses of a service at once.",
        in: .repeating)
    var probeInterval = usual.probeInterval

    @Flag(
        help: """
            Put a bad network in front of the embedded server, with sliders on the page and at /lab. It takes half of \
            --max-sockets.
            """)
    var lab = false

    @Option(seed: "The seed of its dice; without it a new one each time, which the ready line names.")
    var labSeed: UInt64?

    /// The address for HTTP.
    var listening: ListenTarget {
        get throws {
            if let address = try ListenTarget.unixAddress(host) { return .unix(address) }
            return .internet(Endpoint(host: host, port: port))
        }
    }

    /// The described services, that of --upstream first; none where the embedded server is the only one.
    var services: [ServiceDescription] {
        (upstream.isEmpty ? [] : [ServiceDescription(path: "/", endpoints: upstream)]) + service
    }

    func validate() throws {
        var paths: Set<String> = []
        for service in services where !paths.insert(service.path).inserted {
            let advice = upstream.isEmpty || service.path != "/" ? "" : " (--upstream is --service '/ ...')"
            throw ValidationError("Two services are at \(service.path)\(advice): give one of them another path.")
        }
        if lab, !services.isEmpty {
            let other = service.isEmpty ? "an --upstream" : "a --service"
            throw ValidationError("--lab is for the embedded server; put letterbox noise in front of \(other).")
        }
        if labSeed != nil, !lab { throw ValidationError("--lab-seed needs --lab.") }
        for (index, endpoint) in upstream.enumerated() where upstream[..<index].contains(endpoint) {
            throw ValidationError("--upstream \(endpoint) is there twice: leave one out.")
        }
        for upstream in upstream where upstream.port == 0 {
            throw ValidationError("--upstream \(upstream) has no port to send to.")
        }
    }
}

/// The settings of the UDP leg.
struct DatagramOptions: ParsableArguments {
    @Option(time: "For a whole exchange, all attempts together.", in: .untilAnHour)
    var timeout = usual.timeout

    @Option(
        number:
            """
            How often a datagram is sent at most, not counting addresses that could not be reached; the pauses double.
            """, in: .attempts, usual: "3 for the embedded server, 1 for any other")
    var attempts: Int?

    @Option(
        time:
            """
            The shortest pause before a datagram is sent again. The pause follows the round trips (RFC 6298); before the \
            first reply it is 1s, or shorter where all attempts would not fit.
            """, in: .untilAnHour)
    var minRetransmit = usual.minRetransmit

    @Option(
        percentage:
            """
            The most datagrams sent again for each request, on the average; with 0% none. Each worker's budget for a service \
            begins with 10 datagrams and saves up to 100.
            """,
        usual: "\(Int(usual.retransmitShare * 100))%, and no limit with --lab")
    var retransmitBudget: Probability?

    @Option(
        number: "The longest datagram in bytes, either way, and so the longest body; beyond it 413 or 502.",
        in: .datagramLength)
    var maxDatagram = usual.maxDatagram

    @Option(number: "The most exchanges at a time; beyond it 503.", in: 1...1_000_000)
    var maxInFlight = usual.maxInFlight

    @Option(time: "How long a UDP socket rests between two exchanges, at least.", in: .zeroUntilAnHour)
    var rest = usual.rest

    @Option(time: "How long a UDP socket is set aside whose reply may still be under way.", in: .zeroUntilAnHour)
    var quarantine = usual.quarantine

    @Option(number: "The most UDP sockets; no more than the limit of descriptors leaves.", in: 1...1_000_000)
    var maxSockets = usual.maxSockets

    @Option(
        number:
            "UDP sockets, all services and workers together, that are opened before one is used again that has rested for less than --quarantine.",
        in: 1...1_000_000)
    var minSockets = usual.minSockets

}

/// The limits and timeouts of the HTTP side.
struct HTTPOptions: ParsableArguments {
    @Option(
        number:
            """
            The most connections at a time, as far as the limit of descriptors allows (ulimit -n), which connections and \
            UDP sockets share in proportion. Beyond it the worker of a new connection closes its longest idle one, or \
            another worker its own, or the new one gets 503.
            """, in: 1...1_000_000)
    var maxConnections = usual.maxConnections

    @Option(number: "The most connections at a time at --admin; beyond it as above.", in: 1...10_000)
    var maxAdminConnections = usual.maxAdminConnections

    @Option(
        number: "The most requests on one connection; the last one's response says Connection: close.",
        in: 1...1_000_000_000)
    var maxRequestsPerConnection = usual.maxRequestsPerConnection

    @Option(number: "The longest request line in bytes; beyond it 414.", in: 16...1_048_576)
    var maxRequestLine = usual.limits.maxRequestLine

    @Option(number: "The longest request line and fields in bytes, together; beyond it 431.", in: 64...1_048_576)
    var maxHead = usual.limits.maxHead

    @Option(number: "The most fields of a request; beyond it 431.", in: 1...10_000)
    var maxFields = usual.limits.maxFields

    @Option(number: "The most empty lines that are skipped before a request line; beyond it 400.", in: 1...1000)
    var maxEmptyLines = usual.limits.maxEmptyLines

    @Option(number: "The longest chunk line in bytes, size and extensions; beyond it 400.", in: 1...65_536)
    var maxChunkLine = usual.limits.maxChunkLine

    @Option(number: "The most chunk extensions of a body in bytes, together; beyond it 400.", in: 0...1_048_576)
    var maxChunkExtensions = usual.limits.maxChunkExtensions

    @Option(number: "The longest section after the last chunk in bytes; beyond it 431.", in: 2...1_048_576)
    var maxTrailers = usual.limits.maxTrailers

    @Option(
        number: "The most bytes of incomplete requests and of collected replies; beyond it 503.",
        in: 1024...(1 << 40))
    var maxBuffered = usual.maxBuffered

    @Option(
        number: "The most bytes that are read and discarded around the last response; then the connection is cut.",
        in: 0...1_073_741_824)
    var maxLinger = usual.limits.maxLinger

    @Option(time: "For a request's head, from its first byte; then 408.", in: .untilADay)
    var headerTimeout = usual.headerTimeout

    @Option(time: "For a request's body, from the end of its head; then 408.", in: .untilADay)
    var bodyTimeout = usual.bodyTimeout

    @Option(time: "For a client to read more of a response; then the connection ends.", in: .untilADay)
    var writeTimeout = usual.writeTimeout

    @Option(time: "For a client to end a connection that has got its last response; then it is cut.", in: .untilADay)
    var lingerTimeout = usual.lingerTimeout

    @Option(time: "For a connection without a request; then it ends.", in: .untilADay)
    var idleTimeout = usual.idleTimeout

    @Option(
        time:
            """
            For what is in flight when the gateway is told to end (TERM, INT, QUIT); then it is cut, and the exit status \
            is 1 if a request was. A second signal ends at once.
            """, in: .untilADay)
    var drainTimeout = usual.drainTimeout

    @Option(
        time:
            """
            How long the gateway still accepts when it is told to end; meanwhile /readyz is 503 and responses say \
            Connection: close.
            """, in: .zeroUntilADay)
    var drainDelay = usual.drainDelay
}
