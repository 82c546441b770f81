internal import System

/// Matches replies to probes, without a socket or a clock.
struct PingerSession {
    private enum State {
        case waiting, answered, timedOut, failed
    }

    private struct Probe {
        let sent: MonotonicTime
        var state = State.waiting
    }

    private let payload: PingerPayload
    private let timeout: Interval
    private var probes: [Probe] = []
    /// Probes before this one wait no more.
    private var oldest = 0

    init(payload: PingerPayload, timeout: Interval) {
        self.payload = payload
        self.timeout = timeout
    }

    /// The number of probes so far.
    var sent: Int { probes.count }

    var isWaiting: Bool { oldest < probes.count }

    /// The time at which the oldest waiting probe expires.
    var deadline: MonotonicTime { isWaiting ? probes[oldest].sent + timeout : .never }

    /// The bytes of the next probe, which leaves now.
    mutating func probe(at now: MonotonicTime) -> [UInt8] {
        probes.append(Probe(sent: now))
        return payload.bytes(number: probes.count, time: now.nanoseconds)
    }

    /// Ends the latest probe, which could not be sent.
    mutating func fail() { settle(probes.count - 1, .failed) }

    /// Finds a datagram's role.
    mutating func receive(_ datagram: Span<UInt8>, at now: MonotonicTime) -> PingerEvent.Kind {
        guard let (number, time) = payload.read(datagram), probes.indices.contains(number - 1),
            probes[number - 1].sent.nanoseconds == time
        else { return .foreign }
        let roundTrip = now.since(probes[number - 1].sent)
        if probes[number - 1].state == .answered { return .duplicate(number: number, roundTrip) }
        // A report may have been about another probe than the one that it ended.
        let isInTime = probes[number - 1].state != .timedOut && roundTrip <= timeout
        settle(number - 1, .answered)
        return isInTime ? .reply(number: number, roundTrip) : .late(number: number, roundTrip)
    }

    /// Ends the oldest probe if its time is over, and returns its number.
    mutating func expire(at now: MonotonicTime) -> Int? {
        guard isWaiting, now >= deadline else { return nil }
        defer { settle(oldest, .timedOut) }
        return oldest + 1
    }

    /// Ends the oldest probe that waits because of a report of the network, and returns its number, which is below `end`; nil
    /// where there is none.
    ///
    /// The report does not name its probe (udp(7)); reports come in the order of the probes.
    mutating func failOldest(before end: Int) -> Int? {
        guard isWaiting, oldest + 1 < end else { return nil }
        defer { settle(oldest, .failed) }
        return oldest + 1
    }

    private mutating func settle(_ index: Int, _ state: State) {
        probes[index].state = state
        while oldest < probes.count, probes[oldest].state != .waiting { oldest += 1 }
    }
}
