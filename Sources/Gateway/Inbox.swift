internal import HTTP
internal import Sockets

/// The bytes that a connection has received and not answered yet, in a rented buffer.
struct Inbox: ~Copyable {
    private let pool: BufferPool
    private var buffer: [UInt8] = []
    /// Where the bytes lie in the buffer.
    private var filled = 0..<0
    /// How many of them belong to the request at hand.
    private var messageLength = 0
    /// While chunks are taken apart: where their content ends and where the undecoded rest begins.
    private var decoded: (end: Int, rest: Int)?

    init(desk: Desk) {
        pool = desk.pool
    }

    /// How many bytes there are.
    var count: Int { filled.count }
    /// How many of them lie behind the request at hand.
    var countBehind: Int { filled.count - messageLength }
    /// Whether there are none.
    var isEmpty: Bool { filled.isEmpty }
    /// Whether there is nothing but line ends, which may come before a request and begin none (RFC 9112 2.2).
    var isBlank: Bool { buffer[filled].allSatisfy { $0 == 13 || $0 == 10 } }
    /// The request at hand, once it is complete.
    var message: ArraySlice<UInt8> { buffer[filled.prefix(messageLength)] }

    /// Gives the buffer back while there is nothing to keep in it.
    mutating func giveBack() {
        pool.giveBack(&buffer)
        filled = 0..<0
    }

    /// Forgets all bytes.
    mutating func discard() { filled = 0..<0 }

    /// Provides room to receive into and tells how many bytes it has.
    mutating func makeRoom() -> Int {
        if buffer.isEmpty { buffer = pool.rentSmall() }
        if filled.isEmpty { filled = 0..<0 }
        if filled.upperBound == buffer.count { reserve(filled.count + 1) }
        return buffer.count - filled.upperBound
    }

    /// Makes the buffer hold that many bytes from the beginning of the message.
    mutating func reserve(_ length: Int) {
        guard filled.lowerBound + length > buffer.count else { return }
        if length <= buffer.count {
            buffer.move(filled, to: 0)
        } else {
            var larger = pool.rent(atLeast: length)
            larger.copy(filled, of: buffer, to: 0)
            pool.giveBack(&buffer)
            buffer = larger
        }
        filled = 0..<filled.count
    }

    /// Lets `receive` fill the room and returns what it returned.
    mutating func fill(
        _ receive: (inout [UInt8], Range<Int>) throws(SocketError) -> Int?
    ) throws(SocketError) -> Int? {
        let count = try receive(&buffer, filled.upperBound..<buffer.count)
        filled = filled.lowerBound..<filled.upperBound + (count ?? 0)
        return count
    }

    /// Looks for a request's head in the bytes; false if it is not complete.
    func readHead(of request: Request) throws(RequestError) -> Bool {
        try request.readHead(buffer.span.extracting(filled))
    }

    /// Whether the head is that of a form.
    func isForm(_ head: RequestHead) -> Bool {
        let path = head.path.range
        guard head.method == .post, path.count == "/form".utf8.count else { return false }
        let start = filled.lowerBound + path.lowerBound
        return buffer[start..<start + path.count].isEqual(to: "/form")
    }

    /// Settles how many bytes the request at hand has.
    mutating func closeMessage(at length: Int) { messageLength = length }

    /// Whether the bytes begin with this text, after line ends that may come before a request.
    func begins(with text: String) -> Bool {
        buffer[filled].drop { $0 == 13 || $0 == 10 }.starts(with: text.utf8)
    }

    /// Forgets the request at hand; what follows it stays.
    mutating func finishMessage() {
        filled = filled.dropFirst(messageLength)
        messageLength = 0
    }

    /// Takes apart the chunks that have arrived, moving their content together; false while some are missing.
    mutating func decode(_ decoder: inout ChunkedDecoder, after headLength: Int) throws(ConnectionEnd) -> Bool {
        let start = filled.lowerBound
        var end = start + (decoded?.end ?? headLength)
        var position = start + (decoded?.rest ?? headLength)
        while true {
            let step: ChunkedDecoder.Step
            do { step = try decoder.next(buffer.span.extracting(0..<filled.upperBound), from: position) } catch {
                throw .refused(error)
            }
            switch step {
            case .data(let range):
                buffer.move(range, to: end)
                end += range.count
                position = range.upperBound
            case .incomplete(let consumed):
                closeGap(from: end, to: consumed)
                decoded = (end - start, end - start)
                return false
            case .end(let consumed):
                closeGap(from: end, to: consumed)
                decoded = nil
                messageLength = end - start
                return true
            }
        }
    }

    /// Moves what lies behind a gap to its front.
    private mutating func closeGap(from start: Int, to end: Int) {
        buffer.move(end..<filled.upperBound, to: start)
        filled = filled.lowerBound..<filled.upperBound - (end - start)
    }
}
