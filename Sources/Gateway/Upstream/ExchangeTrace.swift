internal import Datagrams
internal import EventLoop
internal import System

/// What happened to one request on the UDP leg, datagram by datagram, for those who want to see it.
final class ExchangeTrace {
    /// What happened.
    enum Kind: String {
        /// The datagram left.
        case sent
        /// It left again.
        case retransmitted
        /// It left for another address, for the one before could not be reached.
        case rerouted
        /// It left again at once, in fragments, for the path takes less than the kernel knew.
        case resized
        /// The reply came.
        case received
        /// More datagrams came with it, and were thrown away.
        case surplus
        /// The reply came, longer than the limit, and was thrown away.
        case truncated
        /// The host reported that no program listens (ICMP).
        case refused
        /// No way leads to the host, as the network reported (ICMP) or as this host knows.
        case unreachable
        /// A filter or a route forbids the datagram, as the network reported (ICMP) or as this host knows.
        case prohibited
        /// This host had no room, no port or no descriptor; it tries again.
        case blocked
        /// A report came that a datagram was longer than the path takes.
        case tooLong

        /// That the datagram did not arrive.
        init(_ cause: SendFailure.Cause) {
            switch cause {
            case .refused: self = .refused
            case .unroutable: self = .unreachable
            case .prohibited: self = .prohibited
            }
        }

        /// Whether a datagram left.
        var isDeparture: Bool { ExchangePlan.Departure(rawValue: rawValue) != nil }
    }

    /// One step.
    struct Step {
        let kind: Kind
        /// Since the request was read.
        let time: Interval
        let upstream: SocketAddress
        /// The port of the gateway's socket.
        let localPort: UInt16?
        /// Bytes of payload; nil where there is none.
        let bytes: Int?
        /// Who reported a failure; nil where there is none.
        var origin: NetworkReport.Origin?
    }

    /// When the request was read.
    let start: MonotonicTime
    private(set) var steps: [Step] = []
    private(set) var total = Interval(nanoseconds: 0)
    /// Who is told of each datagram, and what the exchange sends; nil where nothing but the story is wanted.
    private var audience: (tell: DatagramEvent.Observer, payload: [UInt8])?
    /// The gateway's address on the way to the service.
    private var local: SocketAddress?

    /// Begins when the request has been read.
    init(start: MonotonicTime) {
        self.start = start
    }

    /// Takes a step down; there may have been no socket, and so no port.
    func add(
        _ kind: Kind, _ localPort: UInt16?, _ upstream: SocketAddress, bytes: Int?,
        at now: MonotonicTime = .now(), origin: NetworkReport.Origin? = nil, reply: ArraySlice<UInt8>? = nil
    ) {
        if let audience { tell(audience, kind, upstream, bytes, reply) }
        steps.append(
            Step(
                kind: kind, time: now.since(start), upstream: upstream, localPort: localPort, bytes: bytes,
                origin: origin))
    }

    /// Takes down that a datagram has left.
    func add(
        _ departure: ExchangePlan.Departure, _ localPort: UInt16?, _ upstream: SocketAddress, bytes: Int,
        at now: MonotonicTime
    ) {
        guard let kind = Kind(rawValue: departure.rawValue) else { preconditionFailure("a departure is a step") }
        add(kind, localPort, upstream, bytes: bytes, at: now)
    }

    /// Tells of each datagram as well, among them those with this payload.
    func tell(_ payload: [UInt8], to observer: DatagramEvent.Observer?) {
        audience = observer.map { ($0, payload) }
    }

    /// What follows comes and goes through this socket.
    func pass(through socket: borrowing DatagramSocket) {
        if audience != nil { local = try? socket.localAddress() }
    }

    private func tell(
        _ audience: (tell: DatagramEvent.Observer, payload: [UInt8]), _ kind: Kind, _ upstream: SocketAddress,
        _ length: Int?, _ reply: ArraySlice<UInt8>?
    ) {
        let (from, to) = kind.isDeparture ? (local, upstream) : (upstream, local)
        let what = kind.rawValue
        if let bytes = kind.isDeparture ? audience.payload[...] : reply {
            return audience.tell(DatagramEvent(bytes.span, ofLength: length, from: from, to: to, what))
        }
        audience.tell(DatagramEvent([], ofLength: length, from: from, to: to, what))
    }

    /// Ends with the reply, or without one.
    func end() { total = MonotonicTime.now().since(start) }
}

extension ExchangeTrace {
    /// The story as a JSON object; addresses and ports only as far as they may be seen.
    ///
    /// Times are milliseconds since the request was read.
    func json(showingAddresses: (SocketAddress) -> Bool) -> String {
        let written = steps.map { step in
            var members = ["\"kind\":\"\(step.kind.rawValue)\"", "\"at\":\(Self.milliseconds(step.time))"]
            if let bytes = step.bytes { members.append("\"bytes\":\(bytes)") }
            if let origin = step.origin { members.append("\"by\":\"\(origin == .network ? "network" : "host")\"") }
            if showingAddresses(step.upstream) {
                members.append("\"upstream\":\"\(step.upstream)\"")
                if let port = step.localPort { members.append("\"localPort\":\(port)") }
            }
            return "{\(members.joined(separator: ","))}"
        }
        let attempts = steps.count { $0.kind.isDeparture }
        return """
            {"attempts":\(attempts),"total":\(Self.milliseconds(total)),"steps":[\(written.joined(separator: ","))]}
            """
    }

    /// Whole microseconds, written as milliseconds.
    private static func milliseconds(_ time: Interval) -> String {
        "\(Double(time.nanoseconds / 1000) / 1000)"
    }
}
