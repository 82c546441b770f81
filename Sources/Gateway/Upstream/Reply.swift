internal import EventLoop
internal import HTTP
internal import System

/// A UDP reply as it was received, and how it was come by.
struct Reply {
    /// Where its bytes are; they hold until the next reply of the worker is received.
    let buffer: ReplyBuffer
    /// How many bytes it has.
    let length: Int
    /// From the first datagram to the reply.
    let elapsed: Interval
    /// How many datagrams were sent.
    let attempts: Int
    /// How many more datagrams had come by then, as far as the exchange looked.
    let surplus: Int

    /// The bytes.
    var bytes: ArraySlice<UInt8> { buffer.bytes[buffer.range(of: length)] }
}

/// The buffer into which all replies of a worker are received, one at a time.
///
/// There is room in front of a reply, so that the head of its response can be written there and both leave in one call,
/// without a copy.
final class ReplyBuffer {
    /// Room for the head of a response that carries a plain reply.
    static let headroom = 512

    var bytes: [UInt8]
    /// The head that was written in front of the last reply, and where.
    private var head: ReplyHead?
    private var place = ReplyHead.Place()

    init(maxDatagram: Int) {
        bytes = [UInt8](repeating: 0, count: Self.headroom + maxDatagram)
    }

    /// Writes a head in front of a reply of this length, and tells where both lie.
    @inline(__always)
    func frame(_ length: Int, with head: ReplyHead, thousandths: Int) -> Range<Int> {
        if self.head !== head { (self.head, place) = (head, ReplyHead.Place()) }
        let start = head.write(
            before: Self.headroom, in: &bytes, contentLength: length, thousandths: thousandths, over: &place)
        return start..<Self.headroom + length
    }

    /// Where a reply is received.
    var room: Range<Int> { Self.headroom..<bytes.count }

    /// Where a reply of this length lies.
    func range(of length: Int) -> Range<Int> { Self.headroom..<Self.headroom + length }
}

/// What waits for the end of an exchange.
protocol ExchangeHandler: AnyObject {
    /// The exchange has ended; its reply holds until the handler returns.
    func finished(_ outcome: Result<Reply, GatewayError>)

    /// The same where it has ended with a reply, as nearly all do.
    func replied(_ reply: Reply)
}

extension ExchangeHandler {
    func replied(_ reply: Reply) { finished(.success(reply)) }
}
