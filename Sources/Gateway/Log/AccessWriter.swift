internal import EventLoop
internal import HTTP
internal import System

/// Puts a worker's lines of the access log together.
final class AccessWriter {
    private let log: AccessLog
    private let format: AccessFormat
    private let loop: EventLoop
    private var line = ByteWriter()
    /// The time of day down to the second, with the point behind it, and when that second began.
    private var second: [UInt8] = []
    private var secondStart = MonotonicTime(nanoseconds: 0)
    private var renewal = MonotonicTime(nanoseconds: 0)

    /// Whether a request that succeeds has a line.
    var isComplete: Bool { log.leastStatus == 0 }

    init(_ log: AccessLog, loop: EventLoop) {
        self.log = log
        self.loop = loop
        format = AccessFormat(log.style)
    }

    /// Whether a response with this status has a line.
    func wants(_ status: Int) -> Bool { status >= log.leastStatus }

    /// Adds a line.
    func write(_ entry: AccessEntry, client: [UInt8]) {
        begin(entry.status >= 500 ? format.warning : format.info)
        put(entry.method, format.method)
        put(entry.path, format.path)
        put(entry.status, format.status)
        put(client, format.client)
        if let service = entry.service { put(Array(service.utf8), format.service) }
        if entry.exchange.attempts > 0 { put(entry.exchange.attempts, format.attempts) }
        if !entry.backend.isEmpty { put(entry.backend, format.backend) }
        if let total = entry.total { put(max(total, entry.exchange.elapsed ?? total), format.total) }
        if let elapsed = entry.exchange.elapsed { put(elapsed, format.upstream) }
        put(entry.received, format.received)
        put(entry.sent, format.sent)
        if let unsent = entry.unsent { put(unsent, format.unsent) }
        if let error = entry.error { put(Array(error.utf8), format.error) }
        end()
    }

    /// Adds the line of a letter for the service at `/` that got the reply to its only datagram, as nearly all do.
    func write(
        _ reply: Reply, to client: [UInt8], from backend: [UInt8], total: Interval, received: Int
    ) {
        begin(format.info)
        line.append(format.usual.beforeClient)
        line.append(client)
        line.append(format.usual.beforeBackend)
        line.append(backend)
        line.append(format.backend.closing)
        put(max(total, reply.elapsed), format.total)
        put(reply.elapsed, format.upstream)
        put(received, format.received)
        put(reply.length, format.sent)
        end()
    }

    // MARK: - Parts

    private func begin(_ start: AccessFormat.Key) {
        let now = loop.now
        if now >= renewal { renew() }
        line.removeAll()
        line.append(start.opening)
        line.append(second)
        line.append(decimal: min(999, UInt(now.since(secondStart).nanoseconds / 1_000_000)), digits: 3)
        line.append(UInt8(ascii: "Z"))
        line.append(start.closing)
    }

    private func end() {
        line.append(format.ending)
        log.queue.add(line.bytes)
    }

    private func put(_ text: [UInt8], _ key: AccessFormat.Key) {
        line.append(key.opening)
        line.append(text)
        line.append(key.closing)
    }

    /// What a stranger has sent; text has a hyphen where nothing is known, so that what follows keeps its place.
    private func put(_ bytes: ArraySlice<UInt8>?, _ key: AccessFormat.Key) {
        guard let bytes else {
            if !format.isJSON { put([UInt8(ascii: "-")], key) }
            return
        }
        line.append(key.opening)
        line.append(visible: bytes, quotes: format.isJSON)
        line.append(key.closing)
    }

    private func put(_ number: Int, _ key: AccessFormat.Key) {
        line.append(key.opening)
        line.append(decimal: number.magnitude)
        line.append(key.closing)
    }

    /// A time in milliseconds, with three decimals.
    private func put(_ time: Interval, _ key: AccessFormat.Key) {
        let microseconds = UInt(time.nanoseconds / 1000)
        line.append(key.opening)
        line.append(decimal: microseconds / 1000)
        line.append(UInt8(ascii: "."))
        line.append(decimal: microseconds % 1000, digits: 3)
        line.append(key.closing)
    }

    /// Reads the time of day: once a second, for the loop's clock tells how much later it is.
    private func renew() {
        let (seconds, nanoseconds) = WallClock.now()
        secondStart = MonotonicTime.now() - Interval(nanoseconds: UInt64(nanoseconds))
        renewal = secondStart + .seconds(1)
        second = Array(WallClock.text(seconds: seconds, milliseconds: 0).utf8.dropLast(4))
    }
}
