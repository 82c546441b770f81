internal import System
internal import EventLoop

/// Which reply answers which probe; knows neither socket nor clock.
struct PingerSession {
    private enum State {
        case waiting, answered, timedOut, refused
    }

    private struct Probe {
        let sent: MonotonicTime
        var state = State.waiting
    }

    /// What a received datagram turned out to be.
    enum Finding: Equatable {
        /// The first echo of a probe, in time.
        case reply(number: Int, Interval)
        /// Another echo of a probe that has been answered.
        case duplicate(number: Int, Interval)
        /// The echo of a probe that was given up.
        case late(number: Int, Interval)
        /// Nobody's echo.
        case foreign
    }

    private let payload: PingerPayload
    private let timeout: Interval
    private var probes: [Probe] = []
    /// Probes before this one wait no more.
    private var oldest = 0

    /// No probe has been sent yet.
    init(payload: PingerPayload, timeout: Interval) {
        self.payload = payload
        self.timeout = timeout
    }

    /// How many probes have been sent.
    var sent: Int { probes.count }

    /// Whether a probe waits for its reply.
    var isWaiting: Bool { oldest < probes.count }

    /// When the oldest probe that waits is given up.
    var deadline: MonotonicTime { isWaiting ? probes[oldest].sent + timeout : .never }

    /// The bytes of the next probe, which is sent now.
    mutating func probe(at now: MonotonicTime) -> [UInt8] {
        probes.append(Probe(sent: now))
        return payload.bytes(number: probes.count, time: now.nanoseconds)
    }

    /// Finds out what a datagram is.
    mutating func receive(_ datagram: Span<UInt8>, at now: MonotonicTime) -> Finding {
        guard let (number, time) = payload.read(datagram), probes.indices.contains(number - 1),
            probes[number - 1].sent.nanoseconds == time
        else { return .foreign }
        let roundTrip = now.since(probes[number - 1].sent)
        if probes[number - 1].state == .answered { return .duplicate(number: number, roundTrip) }
        let isInTime = probes[number - 1].state == .waiting && roundTrip <= timeout
        settle(number - 1, .answered)
        return isInTime ? .reply(number: number, roundTrip) : .late(number: number, roundTrip)
    }

    /// Gives up the oldest probe if its time is over, and tells its number.
    mutating func expire(at now: MonotonicTime) -> Int? {
        guard isWaiting, now >= deadline else { return nil }
        defer { settle(oldest, .timedOut) }
        return oldest + 1
    }

    /// Gives up the oldest probe because nobody listens, and tells its number.
    ///
    /// The report does not say which probe it is about (udp(7)); reports come in the order of what they answer.
    mutating func refuse() -> Int? {
        guard isWaiting else { return nil }
        defer { settle(oldest, .refused) }
        return oldest + 1
    }

    private mutating func settle(_ index: Int, _ state: State) {
        probes[index].state = state
        while oldest < probes.count, probes[oldest].state != .waiting { oldest += 1 }
    }
}
