internal import EventLoop
internal import Sockets

/// What happened to one request on the UDP leg, datagram by datagram, for those who want to see it.
final class ExchangeStory {
    /// What happened.
    enum Kind: String {
        /// The datagram left.
        case sent
        /// It left again.
        case retransmitted
        /// It left for another address, for the one before could not be reached.
        case rerouted
        /// The reply came.
        case received
        /// More datagrams came with it, and were thrown away.
        case surplus
        /// The reply came, longer than the limit, and was thrown away.
        case truncated
        /// The host reported that nobody listens (ICMP).
        case refused
        /// No way leads to the host, as the network reported (ICMP) or as this host knows.
        case unreachable

        /// Whether a datagram left.
        var isDeparture: Bool { self == .sent || self == .retransmitted || self == .rerouted }
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
    }

    /// When the request was read.
    let start: MonotonicTime
    private(set) var steps: [Step] = []
    private(set) var total = Interval(nanoseconds: 0)

    /// Begins when the request has been read.
    init(start: MonotonicTime) {
        self.start = start
    }

    /// Takes a step down.
    func add(_ kind: Kind, _ socket: borrowing DatagramSocket, _ upstream: SocketAddress, bytes: Int?) {
        add(kind, (try? socket.localAddress())?.port, upstream, bytes: bytes)
    }

    /// Takes a step down for which there may have been no socket.
    func add(_ kind: Kind, _ localPort: UInt16?, _ upstream: SocketAddress, bytes: Int?) {
        let time = MonotonicTime.now().since(start)
        steps.append(Step(kind: kind, time: time, upstream: upstream, localPort: localPort, bytes: bytes))
    }

    /// Ends with the reply, or without one.
    func end() { total = MonotonicTime.now().since(start) }
}

extension ExchangeStory {
    /// The story as a JSON object; addresses and ports only as far as they may be seen.
    ///
    /// Times are milliseconds since the request was read.
    func json(showingAddresses: (SocketAddress) -> Bool) -> String {
        let written = steps.map { step in
            var members = ["\"kind\":\"\(step.kind.rawValue)\"", "\"at\":\(Self.milliseconds(step.time))"]
            if let bytes = step.bytes { members.append("\"bytes\":\(bytes)") }
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
