internal import EventLoop
internal import HTTP
internal import System

/// Writes a worker's lines of the access log.
final class AccessWriter {
    private let log: AccessLog
    private let format: AccessFormat
    private let loop: EventLoop
    private var line = ByteWriter()
    /// The beginning of a line up to the point after the second, and the start of that second.
    private var infoSecond: [UInt8] = []
    private var warningSecond: [UInt8] = []
    private var secondStart = MonotonicTime(nanoseconds: 0)
    private var renewal = MonotonicTime(nanoseconds: 0)
    private var isClosed = false

    /// Whether a successful request has a line.
    var isComplete: Bool { log.leastStatus == 0 }

    init(_ log: AccessLog, loop: EventLoop) {
        self.log = log
        self.loop = loop
        format = AccessFormat(log.style)
    }

    /// Drops all further lines: the program ends, and the lines so far are the whole.
    func close() { isClosed = true }

    /// Whether a response with this status has a line.
    func wants(_ status: Int) -> Bool { status >= log.leastStatus }

    func write(_ entry: AccessEntry, client: [UInt8]) {
        begin(entry.status >= 500 ? .warning : .info)
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
        if let names = entry.names { put(names) }
        end()
    }

    /// Adds the line of a plain exchange with the service at `/`, which nearly all exchanges are.
    ///
    /// Constant parts are single pieces, and numbers need no separator of their own.
    func write(
        _ reply: Reply, to client: [UInt8], from backend: [UInt8], total: Interval, received: Int, names: RequestNames?
    ) {
        beginTime()
        line.append(format.usual.beforeClient)
        line.append(client)
        line.append(format.usual.beforeBackend)
        line.append(backend)
        line.append(format.usual.beforeTotal)
        line.append(milliseconds: max(total, reply.elapsed))
        line.append(format.upstream.opening)
        line.append(milliseconds: reply.elapsed)
        line.append(format.received.opening)
        line.append(decimal: UInt(received))
        line.append(format.sent.opening)
        line.append(decimal: UInt(reply.length))
        if let names { put(names) }
        end()
    }

    // MARK: - Parts

    private func begin(_ level: LogLevel) {
        beginTime(level)
        line.append(UInt8(ascii: "Z"))
        line.append(level == .warning ? format.warning.closing : format.info.closing)
    }

    /// Writes the line up to the milliseconds.
    @inline(__always)
    private func beginTime(_ level: LogLevel = .info) {
        let now = loop.now
        if now >= renewal { renew() }
        line.removeAll()
        line.append(level == .warning ? warningSecond : infoSecond)
        line.append(decimal: min(999, UInt(now.since(secondStart).nanoseconds / 1_000_000)), digits: 3)
    }

    private func end() {
        line.append(format.ending)
        if !isClosed { log.queue.add(line) }
    }

    private func put(_ names: RequestNames) {
        if let trace = names.trace { put(trace.traceID, format.trace) }
        if let id = names.id { put(id.bytes, format.id) }
    }

    private func put(_ text: [UInt8], _ key: AccessFormat.Key) {
        line.append(key.opening)
        line.append(text)
        line.append(key.closing)
    }

    /// Adds a stranger's value; without a value a text line has a hyphen, so that later values keep their column.
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

    private func put(_ time: Interval, _ key: AccessFormat.Key) {
        line.append(key.opening)
        line.append(milliseconds: time)
        line.append(key.closing)
    }

    /// Reads the time of day once a second; the loop's clock gives the time since.
    private func renew() {
        let (seconds, nanoseconds) = WallClock.now()
        secondStart = MonotonicTime.now() - Interval(nanoseconds: UInt64(nanoseconds))
        renewal = secondStart + .seconds(1)
        let second = Array(WallClock.text(seconds: seconds, milliseconds: 0).utf8.dropLast(4))
        infoSecond = format.info.opening + second
        warningSecond = format.warning.opening + second
    }
}

extension ByteWriter {
    /// Adds a time in milliseconds, with three decimals.
    @inline(__always)
    fileprivate mutating func append(milliseconds time: Interval) {
        let microseconds = UInt(time.nanoseconds / 1000)
        append(decimal: microseconds / 1000)
        append(UInt8(ascii: "."))
        append(decimal: microseconds % 1000, digits: 3)
    }
}
