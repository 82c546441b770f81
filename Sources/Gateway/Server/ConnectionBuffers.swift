internal import HTTP
internal import System

/// The bytes that a connection has received and not served yet.
///
/// A request that arrives complete is served from a buffer that the whole worker shares. When the connection waits, the
/// remaining bytes move to a buffer of its own, which grows with the arriving bytes, and counts towards the gateway's
/// budget of buffered bytes.
struct ReceiveBuffer: ~Copyable {
    /// The budget of buffered bytes is used up.
    struct NoRoom: Error {}

    private var bytes: [UInt8] = []
    /// Whether `bytes` is the worker's.
    private var isShared = false
    /// The range of the bytes that were not served yet.
    private var unread = 0..<0
    /// The length of the current request.
    private(set) var messageLength = 0
    /// The end of the decoded content and the start of the undecoded rest, while chunks are decoded.
    private var decoded: (end: Int, rest: Int)?

    /// The smallest buffer of a connection's own.
    private static let leastRoom = 512

    var count: Int { unread.count }
    var isEmpty: Bool { unread.isEmpty }
    /// Whether all bytes are line ends, which may come before a request and begin none (RFC 9112 2.2).
    var isBlank: Bool { bytes[unread].allSatisfy { $0 == 13 || $0 == 10 } }
    /// The current request, once it is complete.
    var message: ArraySlice<UInt8> { bytes[unread.lowerBound..<unread.lowerBound + messageLength] }
    /// Lends the current request; see ``RequestReader/withContent(of:_:)``.
    @inline(__always)
    mutating func withMessage<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        bytes.lend(unread.lowerBound..<unread.lowerBound + messageLength, body)
    }

    /// All bytes that were not served yet.
    var content: ArraySlice<UInt8> { bytes[unread] }

    /// Provides room to receive into and returns its length.
    @inline(__always)
    mutating func makeRoom(_ context: ConnectionContext) throws(NoRoom) -> Int {
        if bytes.isEmpty {
            swap(&bytes, &context.sharedBuffer)
            isShared = true
            unread = 0..<0
        } else if unread.isEmpty {
            unread = 0..<0
        } else if unread.upperBound == bytes.count {
            if unread.lowerBound > 0 {
                moveToFront()
            } else {
                // The limits of a request bound it.
                try move(toRoom: 2 * bytes.count, context)
            }
        }
        return bytes.count - unread.upperBound
    }

    /// Lets `receive` fill the room and returns its result.
    mutating func fill(
        _ receive: (inout [UInt8], Range<Int>) throws(SystemError) -> Int?
    ) throws(SystemError) -> Int? {
        let count = try receive(&bytes, unread.upperBound..<bytes.count)
        unread = unread.lowerBound..<unread.upperBound + (count ?? 0)
        return count
    }

    /// Gives the worker's buffer back before a wait, and moves the remaining bytes to a buffer of its own.
    @inline(__always)
    mutating func settle(_ context: ConnectionContext) throws(NoRoom) {
        if unread.isEmpty {
            if !bytes.isEmpty { giveUp(context) }
            return
        }
        guard isShared else { return }
        try move(toRoom: max(Self.leastRoom, unread.count.roundedUpToPowerOfTwo), context)
    }

    /// Drops all bytes and gives the buffer back.
    mutating func giveUp(_ context: ConnectionContext) {
        unread = 0..<0
        decoded = nil
        messageLength = 0
        guard !bytes.isEmpty else { return }
        if isShared { swap(&bytes, &context.sharedBuffer) } else { context.limits.buffered.giveBack(bytes.count) }
        if !bytes.isEmpty { bytes = [] }
        isShared = false
    }

    private mutating func moveToFront() {
        bytes.move(unread, to: 0)
        unread = 0..<unread.count
    }

    /// Moves the bytes to a buffer of the connection's own.
    @inline(never)
    private mutating func move(toRoom room: Int, _ context: ConnectionContext) throws(NoRoom) {
        guard context.limits.buffered.take(room) else { throw NoRoom() }
        var own = [UInt8](repeating: 0, count: room)
        own.copy(bytes.span.extracting(unread), to: 0)
        if isShared { swap(&bytes, &context.sharedBuffer) } else { context.limits.buffered.giveBack(bytes.count) }
        bytes = own
        isShared = false
        unread = 0..<unread.count
    }

    // MARK: - Messages

    /// Reads a request's head from the bytes; false if it is not complete.
    ///
    /// It is `mutating` and changes nothing: reading would otherwise copy the buffer.
    @inline(__always)
    mutating func readHead(of request: Request) throws(RequestError) -> Bool {
        try request.readHead(bytes.span.extracting(unread))
    }

    /// The path of a parsed head.
    func path(of head: RequestHead) -> ArraySlice<UInt8> { part(head.path) }

    /// The query of a parsed head; empty where there is none.
    func query(of head: RequestHead) -> ArraySlice<UInt8> {
        guard let query = head.query else { return [] }
        return part(query)
    }

    private func part(_ part: ByteRange) -> ArraySlice<UInt8> {
        bytes[unread.lowerBound + part.range.lowerBound..<unread.lowerBound + part.range.upperBound]
    }

    /// Sets the length of the current request.
    mutating func closeMessage(at length: Int) { messageLength = length }

    /// Drops the current request; the bytes after it stay.
    mutating func finishMessage() {
        unread = unread.lowerBound + messageLength..<unread.upperBound
        messageLength = 0
    }

    /// Decodes the chunks that have arrived, and moves their content together; returns the message's length without its
    /// coding, or nil while some are missing.
    mutating func decode(_ decoder: inout ChunkedDecoder, after headLength: Int) throws(RequestError) -> Int? {
        let start = unread.lowerBound
        var end = start + (decoded?.end ?? headLength)
        var position = start + (decoded?.rest ?? headLength)
        while true {
            switch try decoder.next(bytes.span.extracting(0..<unread.upperBound), from: position) {
            case .data(let range):
                bytes.move(range, to: end)
                end += range.count
                position = range.upperBound
            case .incomplete(let consumed):
                closeGap(from: end, to: consumed)
                decoded = (end - start, end - start)
                return nil
            case .end(let consumed):
                closeGap(from: end, to: consumed)
                decoded = nil
                return end - start
            }
        }
    }

    /// Moves the bytes after a gap to its start.
    private mutating func closeGap(from start: Int, to end: Int) {
        bytes.move(end..<unread.upperBound, to: start)
        unread = unread.lowerBound..<unread.upperBound - (end - start)
    }
}

extension Int {
    fileprivate var roundedUpToPowerOfTwo: Int { 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount) }
}

/// The responses of a connection that have not left yet.
struct SendBuffer: ~Copyable {
    /// The bytes, to which responses are appended.
    var bytes: [UInt8] = []
    /// The number of bytes that have left.
    private var sent = 0

    /// The largest buffer that is reused.
    private static let keptRoom = 1 << 18

    var isEmpty: Bool { bytes.isEmpty }
    var count: Int { bytes.count - sent }

    /// Provides a buffer to append to: the worker's, which most responses leave before the next one.
    mutating func prepare(_ context: ConnectionContext) {
        if bytes.capacity == 0 { swap(&bytes, &context.sharedOutput) }
    }

    /// Lets `send` write as much as the kernel takes; false when some bytes remain.
    mutating func empty(
        _ context: ConnectionContext, _ send: (Span<UInt8>) throws(SystemError) -> Int?
    ) throws(SystemError) -> Bool {
        while sent < bytes.count {
            guard let count = try send(bytes.span.extracting(sent..<bytes.count)) else {
                dropSent()
                return false
            }
            sent += count
        }
        giveUp(context)
        return true
    }

    /// Drops the bytes that have left once they are the larger part: a client that reads slowly and pipelines would
    /// otherwise have them kept to the end of its connection.
    private mutating func dropSent() {
        guard sent >= max(Connection.burst, count) else { return }
        bytes.removeSubrange(..<sent)
        sent = 0
    }

    /// Drops the remaining bytes and gives the buffer back.
    mutating func giveUp(_ context: ConnectionContext) {
        sent = 0
        guard bytes.capacity > 0 else { return }
        if bytes.capacity <= Self.keptRoom, context.sharedOutput.capacity == 0 {
            bytes.removeAll(keepingCapacity: true)
            swap(&bytes, &context.sharedOutput)
        } else {
            bytes = []
        }
    }
}
