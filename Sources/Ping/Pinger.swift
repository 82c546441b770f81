package import EventLoop
package import System

/// The tutorial's UDP pinger: it sends numbered probes to an echoing service and measures each round trip.
///
/// The service may echo or answer in capitals. Each reply belongs to one probe of this run or to none.
package struct Pinger: ~Copyable {
    /// The parameters of a run.
    package struct Settings: Sendable {
        /// The shortest probe that has room for tag, number and time.
        package static let minimumSize = PingerPayload.minimumSize

        /// The number of probes.
        package var count = 10
        /// The time from one probe to the next; 0 sends the next one as soon as the last one has its reply.
        package var interval = Interval.seconds(1)
        /// The length of a probe in bytes, `minimumSize` or more.
        package var size = 56
        /// The time in which a probe's reply must come.
        package var timeout = Interval.seconds(1)

        /// The command's default settings.
        package init() {}
    }

    /// The most datagrams and reports that are taken before the time is looked at.
    private static let mostAtOnce = 64

    private let server: SocketAddress
    private let settings: Settings
    private let loop: EventLoop
    private let socket: DatagramSocket
    private let onEvent: (PingerEvent) -> Void
    private var session: PingerSession
    private var report: PingerReport
    /// Room for more than any datagram has, so that none is cut.
    private var buffer: [UInt8]
    private var nextSend: MonotonicTime

    /// Opens a socket to the server; `onEvent` gets each event.
    package init(
        server: SocketAddress, settings: Settings, on loop: EventLoop, onEvent: @escaping (PingerEvent) -> Void
    ) throws(SystemError) {
        let socket = try DatagramSocket(connectedTo: server)
        socket.lengthenQueue()
        try socket.allowFragments(towards: server)
        self.server = server
        self.settings = settings
        self.loop = loop
        self.onEvent = onEvent
        self.socket = socket
        session = PingerSession(
            payload: PingerPayload(tag: .random(in: 0 ... .max), size: settings.size), timeout: settings.timeout)
        report = PingerReport(server: server)
        buffer = [UInt8](repeating: 0, count: 65_536)
        nextSend = loop.now
    }

    /// Sends all probes and waits until each has its reply or has expired, or until the task is cancelled.
    package mutating func run() async throws(SystemError) -> PingerReport {
        let watch = try AsyncWatch(socket.descriptor, as: .datagrams, on: loop)
        while !Task.isCancelled, !isFinished {
            sendProbeWhenDue()
            _ = await watch.readable(until: min(session.deadline, nextSendTime))
            receive(watch)
            giveUp()
        }
        return report
    }

    private var hasMore: Bool { session.sent < settings.count }

    private var isFinished: Bool { !hasMore && !session.isWaiting }

    private var nextSendTime: MonotonicTime { hasMore ? nextSend : .never }

    private mutating func sendProbeWhenDue() {
        let now = MonotonicTime.now()
        guard hasMore, now >= nextSend else { return }
        // Without an interval the reply sets the pace; without a reply the timeout does.
        let pause = settings.interval.nanoseconds > 0 ? settings.interval : settings.timeout
        nextSend = now + pause
        let probe = session.probe(at: now)
        do {
            try send(probe)
            report.sent += 1
        } catch {
            session.fail()
            report.failed += 1
            report(.failed(number: session.sent, error))
        }
    }

    /// Sends the latest probe, and once more where the call may only have reported an earlier one (udp(7)): an error of its own
    /// comes again.
    private mutating func send(_ probe: [UInt8]) throws(SystemError) {
        do { try sendOnce(probe) } catch {
            let first = error
            do { try sendOnce(probe) } catch {
                if error.reason != first.reason { note(first, before: session.sent) }
                throw error
            }
            note(first, before: session.sent)
        }
    }

    private func sendOnce(_ probe: [UInt8]) throws(SystemError) {
        guard try socket.send(probe.span) else { throw SystemError(.send, server, .wouldBlock) }
    }

    /// Takes the waiting datagrams and reports, as many as there may be without a delay of the next probe.
    private mutating func receive(_ watch: AsyncWatch) {
        for _ in 0..<Self.mostAtOnce {
            do {
                guard let length = try socket.receive(into: &buffer, buffer.indices) else { return }
                take(length, at: .now())
            } catch {
                note(error, before: session.sent + 1)
            }
        }
        watch.keepReadable()
    }

    /// Finds the probe of the datagram in the buffer, and reports the event.
    private mutating func take(_ length: Int, at now: MonotonicTime) {
        let datagram = buffer
        let kind = session.receive(datagram.span.extracting(first: length), at: now)
        report.note(kind)
        if case .reply = kind, settings.interval.nanoseconds == 0 { nextSend = now }
        report(kind, length)
    }

    private mutating func giveUp() {
        let now = MonotonicTime.now()
        while let number = session.expire(at: now) { report(.timedOut(number: number)) }
    }

    /// Notes the network's report of a probe with a number below this one.
    private mutating func note(_ error: SystemError, before end: Int) {
        let number = session.failOldest(before: end)
        if error.reason == .connectionRefused {
            report.refused += 1
            if let number { report(.refused(number: number)) }
        } else if let number {
            report.failed += 1
            report(.failed(number: number, error))
        }
    }

    private func report(_ kind: PingerEvent.Kind, _ size: Int = 0) {
        onEvent(PingerEvent(kind: kind, server: server, size: size))
    }
}
