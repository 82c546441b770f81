internal import EventLoop
internal import HTTP
internal import System

/// Makes bytes of responses, with the time of day that is put together once a second.
final class ResponseWriter {
    private let loop: EventLoop
    private var cachedDate = HTTPDate(unixSeconds: WallClock.unixSeconds())
    /// The head that most responses have: that of a reply to a single datagram, about which there is no more to say.
    private var replyHead: ReplyHead
    /// The same for clients that asked for a connection that goes on.
    private var keepAliveHead: ReplyHead
    /// What such a client is told.
    let keepAlive: ResponseHead.Connection
    private var renewal = MonotonicTime(nanoseconds: 0)

    /// - `idleTimeout`: how long a connection may be without a request.
    init(loop: EventLoop, idleTimeout: Interval) {
        self.loop = loop
        // A promise of whole seconds, and so of no more than is kept.
        keepAlive = .keepAlive(seconds: Int(idleTimeout.nanoseconds / 1_000_000_000))
        replyHead = Self.plainReplyHead(cachedDate, .persistent)
        keepAliveHead = Self.plainReplyHead(cachedDate, keepAlive)
    }

    /// The time of day for a response.
    var date: HTTPDate {
        renew()
        return cachedDate
    }

    /// Appends a response to the bytes that leave in the next write.
    func write(
        _ response: Response, to bytes: inout [UInt8], withContent: Bool, connection: ResponseHead.Connection
    ) {
        let head = ResponseHead(
            response.status, contentLength: response.content.count, contentType: response.contentType,
            connection: connection)
        head.write(into: &bytes, date: date) { writer in
            for field in response.fields { writer.add(field.name, field.value) }
        }
        if withContent { bytes.append(contentsOf: response.content) }
    }

    /// Writes the head of a plain reply in front of it, and tells where in the reply's buffer the response lies.
    ///
    /// - `isAsked`: whether the client asked for a connection that goes on.
    func frame(_ reply: Reply, isAsked: Bool) -> Range<Int> {
        renew()
        let head = isAsked ? keepAliveHead : replyHead
        return reply.buffer.frame(reply.length, with: head, thousandths: reply.elapsed.microseconds)
    }

    private func renew() {
        guard loop.now >= renewal else { return }
        cachedDate = HTTPDate(unixSeconds: WallClock.unixSeconds())
        replyHead = Self.plainReplyHead(cachedDate, .persistent)
        keepAliveHead = Self.plainReplyHead(cachedDate, keepAlive)
        renewal = loop.now + .seconds(1)
    }

    private static func plainReplyHead(_ date: HTTPDate, _ connection: ResponseHead.Connection) -> ReplyHead {
        let head = ReplyHead(
            contentType: MediaType.plainText, timing: oneAttempt, date: date, connection: connection)
        precondition(head.mostBytes <= ReplyBuffer.headroom, "the head of a plain reply fits in front of it")
        return head
    }

    /// The value of Server-Timing for a reply, in milliseconds (W3C Server Timing 4).
    static func timing(_ reply: Reply) -> FieldValue {
        let description = reply.attempts == 1 ? "" : ";desc=\"\(reply.attempts) attempts\""
        let milliseconds = reply.elapsed.microseconds
        let fraction = String(1000 + milliseconds % 1000).dropFirst()
        return FieldValue(validating: "udp\(description);dur=\(milliseconds / 1000).\(fraction)".utf8) ?? oneAttempt
    }

    private static let oneAttempt = FieldValue("udp;dur=")
}

extension Interval {
    /// Whole microseconds, and so the thousandths of milliseconds.
    var microseconds: Int { Int(nanoseconds / 1000) }
}
