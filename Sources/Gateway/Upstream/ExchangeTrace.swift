internal import Datagrams
internal import System

/// The events of one request on the UDP leg, datagram by datagram.
final class ExchangeTrace {
    /// The kinds of events.
    enum Kind: String {
        /// The datagram left.
        case sent
        /// The datagram left again.
        case retransmitted
        /// The datagram left for another address, for the one before was unreachable.
        case rerouted
        /// The datagram left again at once, in fragments, for the path takes less than the kernel knew.
        case resized
        /// The reply came.
        case received
        /// More datagrams came with the reply, and were dropped.
        case surplus
        /// The reply came, longer than the limit, and was dropped.
        case truncated
        /// The host reported that no program listens (ICMP).
        case refused
        /// No route leads to the host, by the network's report (ICMP) or by this host's routes.
        case unreachable
        /// A filter or a route forbids the datagram, by the network's report (ICMP) or by this host's rules.
        case prohibited
        /// This host had no room, no port or no descriptor; it tries again.
        case blocked
        /// The network reported that a datagram was longer than the path takes.
        case tooLong

        /// The event of a datagram that did not arrive.
        init(_ cause: SendFailure.Cause) {
            switch cause {
            case .refused: self = .refused
            case .unroutable: self = .unreachable
            case .prohibited: self = .prohibited
            }
        }

        /// Whether a datagram left.
        var isSend: Bool { ExchangePlan.SendKind(rawValue: rawValue) != nil }
    }

    /// One step.
    struct Step {
        let kind: Kind
        /// The time since the request was read.
        let time: Interval
        let upstream: SocketAddress
        /// The port of the gateway's socket.
        let localPort: UInt16?
        /// Bytes of payload; nil without a payload.
        let bytes: Int?
        /// The sender of a failure's report; nil without a failure.
        var origin: NetworkReport.Origin?
    }

    /// The time when the request was read.
    let start: MonotonicTime
    private let showsAddresses: Bool
    private(set) var steps: [Step] = []
    private(set) var total = Interval(nanoseconds: 0)
    /// The observer of each datagram, and the payload; nil where only the trace is wanted.
    private var observer: (report: DatagramEvent.Observer, payload: [UInt8])?

    /// Begins when the request has been read.
    ///
    /// - `showsAddresses`: whether callers see the addresses of services.
    init(start: MonotonicTime, showsAddresses: Bool) {
        self.start = start
        self.showsAddresses = showsAddresses
    }

    /// The most steps of a trace: a service may send replies without end, of which none fits.
    static let mostSteps = 256

    /// Adds a step, as long as there is room.
    ///
    /// - `local`: the address of the gateway's socket; nil without one.
    func add(
        _ kind: Kind, _ local: SocketAddress?, _ upstream: SocketAddress, bytes: Int?,
        at now: MonotonicTime = .now(), origin: NetworkReport.Origin? = nil, reply: ArraySlice<UInt8>? = nil
    ) {
        if let observer { report(observer, kind, local, upstream, bytes, reply) }
        guard steps.count < Self.mostSteps else { return }
        steps.append(
            Step(
                kind: kind, time: now.since(start), upstream: upstream, localPort: local?.port, bytes: bytes,
                origin: origin))
    }

    /// Adds a datagram that has left.
    func add(
        _ sendKind: ExchangePlan.SendKind, _ local: SocketAddress?, _ upstream: SocketAddress, bytes: Int,
        at now: MonotonicTime
    ) {
        guard let kind = Kind(rawValue: sendKind.rawValue) else { preconditionFailure("a send is a step") }
        add(kind, local, upstream, bytes: bytes, at: now)
    }

    /// Reports each datagram to an observer as well; `payload` is that of the sent ones.
    func observe(_ payload: [UInt8], by observer: DatagramEvent.Observer?) {
        self.observer = observer.map { ($0, payload) }
    }

    private func report(
        _ observer: (report: DatagramEvent.Observer, payload: [UInt8]), _ kind: Kind, _ local: SocketAddress?,
        _ upstream: SocketAddress, _ length: Int?, _ reply: ArraySlice<UInt8>?
    ) {
        let (from, to) = kind.isSend ? (local, upstream) : (upstream, local)
        let what = kind.rawValue
        if let bytes = kind.isSend ? observer.payload[...] : reply {
            return observer.report(DatagramEvent(bytes.span, ofLength: length, from: from, to: to, what))
        }
        observer.report(DatagramEvent([], ofLength: length, from: from, to: to, what))
    }

    /// Ends with the reply, or without one.
    func end() { total = MonotonicTime.now().since(start) }
}

extension ExchangeTrace {
    /// The trace as a JSON object, with the addresses and ports that the caller may see.
    ///
    /// Times are milliseconds since the request was read.
    var json: String {
        let written = steps.map { step in
            var members = ["\"kind\":\"\(step.kind.rawValue)\"", "\"at\":\(step.time.milliseconds)"]
            if let bytes = step.bytes { members.append("\"bytes\":\(bytes)") }
            if let origin = step.origin { members.append("\"by\":\"\(origin == .network ? "network" : "host")\"") }
            if step.upstream.isShown(showsAddresses) {
                members.append("\"upstream\":\"\(step.upstream)\"")
                if let port = step.localPort { members.append("\"localPort\":\(port)") }
            }
            return "{\(members.joined(separator: ","))}"
        }
        let attempts = steps.count { $0.kind.isSend }
        return """
            {"attempts":\(attempts),"total":\(total.milliseconds),"steps":[\(written.joined(separator: ","))]}
            """
    }
}

extension Upstream {
    /// The caller's trace, or else a new one, which also reports to the operator's observer.
    func observed(_ trace: ExchangeTrace?, _ payload: ArraySlice<UInt8>) -> ExchangeTrace {
        let trace = trace ?? ExchangeTrace(start: .now(), showsAddresses: false)
        trace.observe(Array(payload), by: configuration.onDatagram)
        return trace
    }
}

/// The entries of an exchange in its trace.
extension Exchange {
    /// Begins the trace; the code for it is not a part of each exchange's beginning.
    @inline(never)
    func startTrace(_ trace: ExchangeTrace?) { self.trace = upstream.observed(trace, payload[..<payloadLength]) }

    /// Adds a reply to the trace.
    func addStep(
        _ kind: ExchangeTrace.Kind, from sender: SocketAddress, through socket: ExchangeSocket, bytes: Int,
        at now: MonotonicTime
    ) {
        guard let trace else { return }
        let reply = replies.bytes[room].prefix(bytes)
        trace.add(kind, socket.localAddress, sender, bytes: bytes, at: now, reply: reply)
    }

    /// Records the reply and the datagrams after it, which are dropped; returns the number of these.
    func takeSurplus(behind length: Int, _ isWhole: Bool, _ now: MonotonicTime) -> Int {
        guard let trace, let backend, let socket else { return 0 }
        addStep(isWhole ? .received : .truncated, from: backend.address, through: socket, bytes: length, at: now)
        let surplus = backend.sockets.takeSurplus(behind: socket, isSettled: plan.outcomeOfReply == .settled)
        for (bytes, beginning) in zip(surplus.lengths, surplus.beginnings) {
            trace.add(.surplus, socket.localAddress, backend.address, bytes: bytes, reply: beginning[...])
        }
        return surplus.datagrams
    }
}
