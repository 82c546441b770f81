internal import EventLoop
internal import HTTP
internal import System

/// Turns responses into bytes, with a date that is written once a second.
final class ResponseWriter {
    private let loop: EventLoop
    private var cachedDate = HTTPDate(unixSeconds: WallClock.unixSeconds())
    /// The heads of most responses: those of a reply to a single datagram, without further fields.
    private let heads: PlainReplyHeads
    /// The heads for clients that asked for a persistent connection, and those of a connection's last response.
    private let keepAliveHeads, closingHeads: PlainReplyHeads
    /// The connection field for such clients.
    let keepAlive: ResponseHead.Connection
    private var renewal = MonotonicTime(nanoseconds: 0)

    /// - `idleTimeout`: the longest time of a connection without a request.
    init(loop: EventLoop, idleTimeout: Interval) {
        self.loop = loop
        // The promise is in whole seconds, rounded down.
        keepAlive = .keepAlive(seconds: Int(idleTimeout.nanoseconds / 1_000_000_000))
        heads = PlainReplyHeads(cachedDate, .persistent)
        keepAliveHeads = PlainReplyHeads(cachedDate, keepAlive)
        closingHeads = PlainReplyHeads(cachedDate, .close)
    }

    /// The date of a response.
    var date: HTTPDate {
        renew()
        return cachedDate
    }

    /// Appends a response to the bytes of the next write.
    func write(
        _ response: Response, to bytes: inout [UInt8], withContent: Bool, connection: ResponseHead.Connection
    ) {
        ResponseHead.write(
            response.status, contentLength: response.content.count, contentType: response.contentType,
            connection: connection, response.fields, date: date, into: &bytes)
        if withContent { bytes.append(contentsOf: response.content) }
    }

    /// Appends the head of a response with chunked content.
    func beginChunks(
        _ type: FieldValue, _ fields: FieldLines, to bytes: inout [UInt8], connection: ResponseHead.Connection
    ) {
        ResponseHead.write(
            .ok, contentLength: nil, contentType: type, connection: connection, fields, date: date, into: &bytes)
    }

    /// Appends a chunk (RFC 9112 7.1); one without content is the last.
    func addChunk(_ content: [UInt8], to bytes: inout [UInt8]) {
        bytes.append(contentsOf: String(content.count, radix: 16).utf8)
        bytes.append(contentsOf: "\r\n".utf8)
        bytes.append(contentsOf: content)
        bytes.append(contentsOf: "\r\n".utf8)
    }

    /// Writes the head of a plain reply in front of it, and returns the response's range in the reply's buffer.
    ///
    /// - `isKeepAlive`: whether the client asked for a persistent connection.
    func frame(_ reply: Reply, isKeepAlive: Bool) -> Range<Int> {
        renew()
        let isText = reply.buffer.bytes.isUTF8(in: reply.buffer.range(of: reply.length))
        return isKeepAlive ? keepAliveHeads.frame(reply, isText) : heads.frame(reply, isText)
    }

    /// Writes the head of a connection's last response in front of a plain reply.
    func frameLast(_ reply: Reply) -> Range<Int> {
        renew()
        return closingHeads.frame(reply, reply.buffer.bytes.isUTF8(in: reply.buffer.range(of: reply.length)))
    }

    @inline(__always)
    private func renew() {
        if loop.now >= renewal { renewNow() }
    }

    @inline(never)
    private func renewNow() {
        let (seconds, nanoseconds) = WallClock.now()
        cachedDate = HTTPDate(unixSeconds: seconds)
        heads.renew(cachedDate)
        keepAliveHeads.renew(cachedDate)
        closingHeads.renew(cachedDate)
        // The next turn of the second; workers that renew at times of their own would contradict each other.
        renewal = MonotonicTime.now() + Interval(nanoseconds: 1_000_000_000 - UInt64(nanoseconds))
    }

    /// Adds Server-Timing for a reply, in milliseconds (W3C Server Timing 4).
    static func addTiming(of reply: Reply, to fields: inout FieldLines) {
        var beginning = oneAttempt
        if reply.attempts > 1, let told = FieldValue(validating: "udp;desc=\"\(reply.attempts) attempts\";dur=".utf8) {
            beginning = told
        }
        fields.add(.serverTiming, beginning, thousandths: Int(reply.elapsed.microseconds))
    }

    fileprivate static let oneAttempt = FieldValue("udp;dur=")
}

/// The heads of replies without a known type.
///
/// The two objects stay while their content changes, because the compiler does not retain a constant of the writer.
private struct PlainReplyHeads {
    private let text, bytes: ReplyHead

    init(_ date: HTTPDate, _ connection: ResponseHead.Connection) {
        func head(_ type: FieldValue) -> ReplyHead {
            let head = ReplyHead(
                contentType: type, timing: ResponseWriter.oneAttempt, date: date, connection: connection)
            precondition(head.mostBytes <= ReplyBuffer.headroom, "the head of a plain reply fits in front of it")
            return head
        }
        text = head(MediaType.plainText)
        bytes = head(MediaType.bytes)
    }

    /// Changes the date for another second.
    func renew(_ date: HTTPDate) {
        text.renew(date)
        bytes.renew(date)
    }

    @inline(__always)
    func frame(_ reply: Reply, _ isText: Bool) -> Range<Int> {
        let time = reply.elapsed.microseconds
        if isText { return reply.buffer.frame(reply.length, with: text, thousandths: time) }
        return reply.buffer.frame(reply.length, with: bytes, thousandths: time)
    }
}

extension Interval {
    /// Whole microseconds, which are thousandths of milliseconds.
    var microseconds: Int { Int(nanoseconds / 1000) }
    /// Milliseconds with three decimals at the most.
    var milliseconds: Double { Double(microseconds) / 1000 }
}
