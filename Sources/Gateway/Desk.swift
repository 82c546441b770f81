internal import EventLoop
internal import HTTP
internal import Sockets

/// What one worker's connections share: touched on the worker's loop only, so without locks.
final class Desk {
    let loop: EventLoop
    let configuration: Configuration
    /// The limits on a request, and the wider ones on a form, which hold while nobody knows which it is.
    let limits: (plain: Limits, form: Limits)
    let pool: BufferPool
    let responder: Responder
    let upstream: Upstream
    var idle = IdleList()
    var counts = HTTPCounts()
    /// Whether the gateway is about to end: what is under way is finished, nothing new begins.
    var isDraining = false
    /// The time of day for responses, and the head that most of them have, written out once a second.
    private var heading: HTTPDate
    private var replyHead: ReplyHead
    private var headingEnd = MonotonicTime(nanoseconds: 0)

    init(loop: EventLoop, configuration: Configuration, pool: BufferPool, responder: Responder, upstream: Upstream) {
        self.loop = loop
        self.configuration = configuration
        limits = (configuration.limits(ofForm: false), configuration.limits(ofForm: true))
        self.pool = pool
        self.responder = responder
        self.upstream = upstream
        heading = HTTPDate(unixSeconds: WallClock.unixSeconds())
        replyHead = Response.plainReplyHead(date: heading)
    }

    /// Takes note that a connection waits for a request.
    func enterIdle(_ watch: Watch, at now: MonotonicTime) { idle.enter(watch, at: now) }

    /// Takes note that it no longer does.
    func leaveIdle(_ watch: Watch) { idle.leave(watch) }

    /// Counts a response.
    func count(_ status: Status) { counts.count(status) }

    /// The time of day for a response.
    var date: HTTPDate {
        renewHeading()
        return heading
    }

    /// Appends a plain reply to the bytes that leave in the next write.
    func write(plainReplyOf exchange: Exchange, into output: inout [UInt8]) {
        renewHeading()
        replyHead.write(
            into: &output, contentLength: exchange.length, thousandths: exchange.elapsed.microseconds)
        output.append(contentsOf: exchange.reply)
    }

    private func renewHeading() {
        guard loop.now >= headingEnd else { return }
        heading = HTTPDate(unixSeconds: WallClock.unixSeconds())
        replyHead = Response.plainReplyHead(date: heading)
        headingEnd = loop.now + .seconds(1)
    }
}
