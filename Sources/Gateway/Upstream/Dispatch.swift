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

/// A datagram that expects no reply, and for which this host had no room at once.
final class Dispatch: DeadlineHandler {
    private let upstream: Upstream
    private let payload: [UInt8]
    private let trace: ExchangeTrace?
    private let handler: any DispatchHandler
    private let end: MonotonicTime
    private var deadline = Deadline()
    private var pause = Interval.milliseconds(1)

    private static let longestPause = Interval.milliseconds(50)

    init(_ payload: ArraySlice<UInt8>, trace: ExchangeTrace?, upstream: Upstream, for handler: any DispatchHandler) {
        self.payload = Array(payload)
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
        switch upstream.attemptDispatch(payload.span, trace) {
        case .sent: finish(nil)
        case .failed(let failure): finish(failure)
        case .blocked(let reason): upstream.loop.now < end ? wait() : finish(.blocked(reason))
        }
    }

    private func finish(_ failure: GatewayError?) {
        trace?.end()
        upstream.endDispatch(failure)
        if let failure { handler.finished(.failure(failure)) } else { handler.sent() }
    }
}

extension Upstream {
    /// The result of one try to send a datagram.
    enum DispatchAttempt {
        case sent
        case failed(GatewayError)
        case blocked(ErrorNumber)
    }

    /// Sends the payload as one datagram and expects no reply: the request ends when the datagram has left.
    ///
    /// - `handler`: gets the result where that takes a while.
    func dispatch(
        _ payload: ArraySlice<UInt8>, trace: ExchangeTrace?, for handler: any DispatchHandler
    ) -> Beginning {
        if let failure = takePlace() { return .failed(failure) }
        let trace = isVerbose ? startTrace(trace, payload) : trace
        switch attemptDispatch(payload.span, trace) {
        case .sent:
            trace?.end()
            endDispatch(nil)
            return .sent
        case .failed(let failure):
            trace?.end()
            endDispatch(failure)
            return .failed(failure)
        case .blocked:
            // The timer wheel holds the object until its deadline.
            _ = Dispatch(payload, trace: trace, upstream: self, for: handler)
            return .underWay
        }
    }

    /// The trace of the dispatch, which also reports to the operator's observer.
    private func startTrace(_ trace: ExchangeTrace?, _ payload: ArraySlice<UInt8>) -> ExchangeTrace {
        let trace = trace ?? ExchangeTrace(start: .now(), showsAddresses: false)
        trace.observe(Array(payload), by: configuration.onDatagram)
        return trace
    }

    /// Tries the backends one after the other, those that are up first, until one has the datagram; where they are no
    /// equals, each gets it.
    func attemptDispatch(_ payload: Span<UInt8>, _ trace: ExchangeTrace?) -> DispatchAttempt {
        let rotation = nextRotation()
        self.last = ExchangeRecord()
        var last = DispatchAttempt.failed(.noBackend)
        // In an order from before the first try, which may change it.
        let all = backends.indices.map { backends[(rotation + $0) % backends.count] }
        let now = loop.now
        var isSent = false
        for backend in all.filter({ $0.isPreferred(at: now) }) + all.filter({ !$0.isPreferred(at: now) }) {
            let attempt = attemptDispatch(payload, at: backend, trace)
            if case .sent = attempt { isSent = true }
            last = attempt
            if asksAll { continue }
            guard case .failed(.unreachable) = attempt else { return attempt }
        }
        return isSent ? .sent : last
    }

    private func attemptDispatch(
        _ payload: Span<UInt8>, at backend: Backend, _ trace: ExchangeTrace?
    ) -> DispatchAttempt {
        let isTrial = backend.begin(at: loop.now)
        last = ExchangeRecord(backend: backend.id)
        defer { backend.end(at: loop.now, isTrial: isTrial) }
        do {
            switch try backend.oneWay.send(payload) {
            case .sent(let afterDelivery):
                last.attempts = 1
                backend.recordSend(.sent)
                // Where replies are expected, a port that says nothing is silent.
                if afterDelivery, policy.count == .none { backend.recordDelivery(at: loop.now) }
                add(.sent, to: trace, backend, bytes: payload.count)
                return .sent
            case .blocked:
                backend.recordBlocked()
                return .blocked(.wouldBlock)
            case .refused(let report):
                guard case .unreachable(let cause) = SendFailure(report.reason, by: report) else {
                    return .blocked(report.reason)
                }
                return unreachable(cause, report.origin, backend, isTrial, trace)
            }
        } catch {
            switch SendFailure(error.reason) {
            case .wait:
                backend.recordBlocked()
                return .blocked(error.reason)
            case .tooLong: return .failed(.requestTooLong(limit: configuration.maxDatagram))
            case .unreachable(let cause): return unreachable(cause, .local, backend, isTrial, trace)
            }
        }
    }

    private func unreachable(
        _ cause: SendFailure.Cause, _ origin: NetworkReport.Origin, _ backend: Backend, _ isTrial: Bool,
        _ trace: ExchangeTrace?
    ) -> DispatchAttempt {
        backend.recordUnreachable(cause, isTrial: isTrial, at: loop.now)
        add(ExchangeTrace.Kind(cause), to: trace, backend, origin: origin)
        return .failed(.unreachable(cause, origin))
    }

    private func add(
        _ kind: ExchangeTrace.Kind, to trace: ExchangeTrace?, _ backend: Backend, bytes: Int? = nil,
        origin: NetworkReport.Origin? = nil
    ) {
        guard let trace else { return }
        let local = backend.oneWay.localAddress
        trace.pass(from: local)
        trace.add(kind, local?.port, backend.address, bytes: bytes, origin: origin)
    }
}
