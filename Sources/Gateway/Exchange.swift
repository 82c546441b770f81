internal import EventLoop
internal import Sockets

/// One exchange with the UDP service: how far it has come, and in the end the reply.
///
/// A connection has one and uses it for each of its requests, as it does with `Request`. As a value it would lie in what
/// a waiting task keeps, once for each function that hands it on.
final class Exchange {
    /// How long it may take, and when it must have ended.
    private(set) var wait = Interval.seconds(0)
    private(set) var deadline = MonotonicTime.never
    /// Where what happens is written down, if anybody wants to know.
    private(set) var story: ExchangeStory?

    /// When the first and the last datagram were sent.
    private(set) var firstSent = MonotonicTime.never
    private(set) var lastSent = MonotonicTime.never
    /// How many datagrams were sent, and how many of them before the present address was asked.
    private(set) var attempts = 0
    private var attemptsBefore = 0
    /// Until when to listen now.
    var pause = MonotonicTime.never
    /// The marks of the destinations that were asked.
    private(set) var asked: UInt64 = 0
    /// The marks of those of them that could not be reached, and how many datagrams have reached nobody.
    private(set) var unreached: UInt64 = 0
    private var undelivered = 0
    /// What it is to send the next datagram.
    var nextDeparture = ExchangeStory.Kind.sent
    /// Whether it only asks for a sign of life: one datagram to one address.
    private(set) var isProbe = false
    /// Whether it tries an address that was out.
    private(set) var isTrial = false
    /// Whether nothing has left yet through the socket that it has now.
    var isFirstHere = true
    /// Whether the last pause ended in a retransmission that is still to come.
    var mayGoOn = false

    /// A rented buffer that holds the reply, and how many bytes the reply has.
    private var buffer: [UInt8] = []
    private(set) var length = 0
    /// From the first datagram to the reply.
    private(set) var elapsed = Interval.seconds(0)

    /// The reply; it holds the buffer.
    var reply: ArraySlice<UInt8> { buffer[..<length] }
    /// That no reply has come.
    var silence: GatewayError { .silent(after: wait, attempts: attempts) }
    /// Whether a single datagram has left for the present address, so that there is one reply to come at most.
    var isSingle: Bool { attempts == attemptsBefore + 1 }

    /// How many datagrams may have reached somebody.
    var delivered: Int { attempts - undelivered }

    /// Begins anew.
    func begin(wait: Interval, from start: MonotonicTime, story: ExchangeStory?, isProbe: Bool = false) {
        self.wait = wait
        deadline = start + wait
        self.story = story
        self.isProbe = isProbe
        (firstSent, asked, attempts) = (.never, 0, 0)
        (unreached, undelivered) = (0, 0)
        nextDeparture = .sent
    }

    /// Turns to an address.
    func turn(to destination: Destination) {
        isTrial = destination.begin()
        asked |= destination.mark
        (mayGoOn, isFirstHere) = (false, true)
        attemptsBefore = attempts
    }

    /// What speaks against asking an address: 0 for nothing, 1 if it was asked before, 2 if it could not be reached.
    func misgivings(about destination: Destination) -> Int {
        (asked & destination.mark == 0 ? 0 : 1) + (unreached & destination.mark == 0 ? 0 : 1)
    }

    /// The address that was asked last could not be reached.
    func miss(_ destination: Destination) {
        unreached |= destination.mark
        undelivered += min(1, attempts - attemptsBefore)
    }

    /// Counts the datagram that leaves now.
    func depart(at now: MonotonicTime) {
        attempts += 1
        lastSent = now
        firstSent = min(firstSent, now)
    }

    /// Keeps the reply.
    func end(with buffer: consuming [UInt8], length: Int, after elapsed: Interval) {
        self.buffer = buffer
        (self.length, self.elapsed) = (length, elapsed)
    }

    /// Forgets the reply and the story, and gives the buffer back.
    func giveBack(to pool: BufferPool) {
        if !buffer.isEmpty { pool.giveBack(&buffer) }
        length = 0
        if story != nil { story = nil }
    }
}
