internal import EventLoop
internal import System

/// The beginning of an exchange, or of a datagram that expects no reply.
enum Beginning {
    /// The handler gets the end.
    case underWay
    /// The datagram has left, and no reply is expected.
    case sent
    case failed(GatewayError)

    /// The beginning of an exchange.
    init(_ failure: GatewayError?) { self = failure.map { .failed($0) } ?? .underWay }
}

/// Receives the end of a datagram that expects no reply, or of an exchange.
protocol DispatchHandler: ExchangeHandler {
    /// The datagram has left.
    func sent()
}

/// The progress of a datagram that expects no reply.
struct Delivery {
    /// Whether each address gets it, and not the first that can.
    let isForAll: Bool
    /// How often it has left: once, or to each group.
    var sent = 0
    /// The last address tried, by its number.
    var backend = 0
    /// The reason why the last one did not get it.
    var failure = GatewayError.noBackend
    /// The addresses that may get it later, for this host had no room.
    var blocked: [Backend] = []
}

/// A datagram that expects no reply, and for which this host had no room at once.
final class Dispatch: DeadlineHandler {
    private let upstream: Upstream
    private let payload: [UInt8]
    private let trace: ExchangeTrace?
    private let handler: any DispatchHandler
    private let end: MonotonicTime
    private var delivery: Delivery
    private var deadline = Deadline()
    private var pause = Interval.milliseconds(1)

    private static let longestPause = Interval.milliseconds(50)

    init(
        _ payload: ArraySlice<UInt8>, _ delivery: Delivery, trace: ExchangeTrace?, upstream: Upstream,
        for handler: any DispatchHandler
    ) {
        self.payload = Array(payload)
        self.delivery = delivery
        self.trace = trace
        self.upstream = upstream
        self.handler = handler
        end = upstream.loop.now + upstream.configuration.timeout
        wait()
    }

    private func wait() {
        deadline.set(min(end, upstream.loop.now + pause), for: self, on: upstream.loop)
        pause = min(Self.longestPause, Interval(nanoseconds: 2 * pause.nanoseconds))
    }

    func alarm() {
        guard deadline.hasPassed(for: self, on: upstream.loop) else { return }
        let payload = self.payload
        // Addresses may have come and gone meanwhile.
        let waiting = upstream.backends.filter { backend in
            !delivery.isForAll || delivery.blocked.contains { $0 === backend }
        }
        upstream.send(payload.span, to: waiting, &delivery, trace)
        if !delivery.blocked.isEmpty, upstream.loop.now < end { return wait() }
        if let failure = upstream.end(delivery, trace) { handler.finished(.failure(failure)) } else { handler.sent() }
    }
}

extension Upstream {
    /// Sends the payload as one datagram and expects no reply: the request ends when the datagram has left.
    ///
    /// - `handler`: gets the result where that takes a while.
    func dispatch(
        _ payload: ArraySlice<UInt8>, trace: ExchangeTrace?, for handler: any DispatchHandler
    ) -> Beginning {
        if let failure = takePlace() { return .failed(turnAway(failure)) }
        let trace = isVerbose ? observed(trace, payload) : trace
        var delivery = Delivery(isForAll: asksAll)
        send(payload.span, to: backends, &delivery, trace)
        guard delivery.blocked.isEmpty else {
            for backend in delivery.blocked { add(.blocked, to: trace, backend, origin: .local) }
            // The timer wheel holds the object until its deadline.
            _ = Dispatch(payload, delivery, trace: trace, upstream: self, for: handler)
            return .underWay
        }
        return end(delivery, trace).map { .failed($0) } ?? .sent
    }

    /// Ends the request; returns its failure, nil where an address has the datagram.
    fileprivate func end(_ delivery: Delivery, _ trace: ExchangeTrace?) -> GatewayError? {
        trace?.end()
        last = ExchangeRecord(backend: delivery.backend, attempts: delivery.sent)
        let failure = delivery.sent > 0 ? nil : delivery.failure
        endDispatch(failure)
        return failure
    }

    /// Tries backends one after the other, those that are up first, until one has the datagram; where they are no
    /// equals, each gets it.
    func send(
        _ payload: Span<UInt8>, to backends: [Backend], _ delivery: inout Delivery, _ trace: ExchangeTrace?
    ) {
        delivery.blocked = []
        let rotation = nextRotation()
        // In an order from before the first try, which may change it.
        let all = backends.indices.map { backends[(rotation + $0) % backends.count] }
        let now = loop.now
        for backend in all.filter({ $0.isPreferred(at: now) }) + all.filter({ !$0.isPreferred(at: now) }) {
            let failure = send(payload, to: backend, trace)
            if failure == nil || delivery.sent == 0 { delivery.backend = backend.id }
            switch failure {
            case nil: delivery.sent += 1
            case .blocked, .noSocket: delivery.blocked.append(backend)
            default: break
            }
            if let failure { delivery.failure = failure }
            if delivery.isForAll { continue }
            guard case .unreachable = failure else { return }
        }
    }

    /// Sends the datagram to one backend; returns the failure, which is `.blocked` or `.noSocket` where a later
    /// try may help.
    private func send(_ payload: Span<UInt8>, to backend: Backend, _ trace: ExchangeTrace?) -> GatewayError? {
        let isTrial = backend.begin(at: loop.now)
        defer { backend.end(at: loop.now, isTrial: isTrial) }
        do {
            switch try backend.oneWay.send(payload) {
            case .sent(let afterDelivery, let late):
                if let late, case .unreachable(let cause) = SendFailure(late.reason, by: late) {
                    backend.recordUnreachable(cause, isTrial: false, at: loop.now)
                }
                backend.recordSend(.sent)
                // Where replies are expected, a port that says nothing is silent.
                if afterDelivery, policy.count == .none { backend.recordDelivery(at: loop.now) }
                add(.sent, to: trace, backend, bytes: payload.count)
                return nil
            case .blocked:
                backend.counts.blocked += 1
                return .blocked(.wouldBlock)
            case .noSocket: return .noSocket(limit: configuration.maxSockets)
            case .refused(let report):
                guard case .unreachable(let cause) = SendFailure(report.reason, by: report) else {
                    return .blocked(report.reason)
                }
                return unreachable(cause, report.origin, backend, isTrial, trace)
            }
        } catch {
            switch SendFailure(error.reason) {
            case .wait:
                backend.counts.blocked += 1
                return .blocked(error.reason)
            case .tooLong: return .requestTooLong(limit: configuration.maxDatagram)
            case .unreachable(let cause): return unreachable(cause, .local, backend, isTrial, trace)
            }
        }
    }

    private func unreachable(
        _ cause: SendFailure.Cause, _ origin: NetworkReport.Origin, _ backend: Backend, _ isTrial: Bool,
        _ trace: ExchangeTrace?
    ) -> GatewayError {
        backend.recordUnreachable(cause, isTrial: isTrial, at: loop.now)
        add(ExchangeTrace.Kind(cause), to: trace, backend, origin: origin)
        return .unreachable(cause, origin)
    }

    private func add(
        _ kind: ExchangeTrace.Kind, to trace: ExchangeTrace?, _ backend: Backend, bytes: Int? = nil,
        origin: NetworkReport.Origin? = nil
    ) {
        trace?.add(kind, backend.oneWay.localAddress, backend.address, bytes: bytes, origin: origin)
    }
}
