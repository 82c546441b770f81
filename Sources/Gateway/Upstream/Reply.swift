internal import HTTP
internal import System

/// A received UDP reply, and its circumstances.
struct Reply {
    /// The buffer of its bytes, which are valid until the worker receives its next reply.
    let buffer: ReplyBuffer
    /// The number of bytes.
    let length: Int
    /// The time from the first datagram to the reply.
    let elapsed: Interval
    /// The number of datagrams sent.
    let attempts: Int
    /// The number of further datagrams so far, if the exchange has looked.
    let surplus: Int

    var bytes: ArraySlice<UInt8> { buffer.bytes[buffer.range(of: length)] }
}

/// The buffer that receives all replies of a worker, one at a time.
///
/// There is room in front of a reply for the head of its response, so that both leave in one call, without a copy.
final class ReplyBuffer {
    /// Room for the head of a response with a plain reply.
    static let headroom = 512

    var bytes: [UInt8]
    /// The head in front of the last reply, and its place.
    private var head: ReplyHead?
    private var place = ReplyHead.Place()

    /// A buffer for the longest reply of any service.
    init() {
        bytes = [UInt8](repeating: 0, count: Self.headroom + DatagramSocket.maximumPayload)
    }

    /// Writes a head in front of a reply of this length, and returns the range of both.
    @inline(__always)
    func frame(_ length: Int, with head: ReplyHead, thousandths: Int) -> Range<Int> {
        if self.head !== head { (self.head, place) = (head, ReplyHead.Place()) }
        let start = head.write(
            before: Self.headroom, in: &bytes, contentLength: length, thousandths: thousandths, over: &place)
        return start..<Self.headroom + length
    }

    /// The range of a reply of this length.
    func range(of length: Int) -> Range<Int> { Self.headroom..<Self.headroom + length }
}

/// Receives the end of an exchange.
protocol ExchangeHandler: AnyObject {
    /// The exchange has ended; its reply is valid until the handler returns.
    func finished(_ outcome: Result<Reply, GatewayError>)

    /// The exchange has ended with a reply, as nearly all do.
    func replied(_ reply: Reply)
}

extension ExchangeHandler {
    func replied(_ reply: Reply) { finished(.success(reply)) }
}

/// The record of an exchange, for the access log.
struct ExchangeRecord {
    /// The last backend, by its number; 0 for none.
    var backend = 0
    /// The number of datagrams sent; a reply has the right number itself.
    var attempts = 0
    /// The time since the first datagram left; nil where none has.
    var elapsed: Interval?
}
