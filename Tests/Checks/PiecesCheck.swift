import HTTP

/// See ``Check/pieces``.
///
/// The first byte says how to cut, the next ones where, and the rest is the stream.
enum PiecesCheck {
    static func run(_ bytes: Span<UInt8>) throws(Broken) {
        guard bytes.count > 0 else { return }
        let plan = bytes[0]
        let gaps = min(Int(plan & 7), bytes.count - 1)
        let isSmall = plan & 8 != 0
        let limits = isSmall ? Limits(maxRequestLine: 40, maxHead: 120, maxFields: 4, maxBody: 24) : Limits()
        // Nearly all heads that a fuzzer makes up have no chunks.
        var stream = plan & 16 != 0 ? Array("PUT / HTTP/1.1\r\nHost:\r\nTransfer-Encoding: chunked\r\n\r\n".utf8) : []
        stream += bytes.copy(1 + gaps..<bytes.count)

        var whole = StreamReader(limits, forgets: false)
        whole.receive(stream[...])
        var pieces = StreamReader(limits, forgets: plan & 32 != 0)
        var start = 0
        var turn = 0
        while start < stream.count, pieces.error == nil {
            let length = gaps == 0 ? 1 : Int(bytes[1 + turn % gaps]) + 1
            let end = min(stream.count, start + length)
            pieces.receive(stream[start..<end])
            (start, turn) = (end, turn + 1)
        }
        try require(whole.error == pieces.error, "Whole: \(show(whole.error)); in pieces: \(show(pieces.error))")
        try require(whole.messages == pieces.messages, "The messages differ.")
        try require(whole.isReadingContent == pieces.isReadingContent, "One is further than the other.")
    }

    private static func show(_ error: RequestError?) -> String {
        error.map { "\($0.reason) at \($0.offset)" } ?? "no error"
    }
}

/// Reads messages out of a stream, as a connection does.
struct StreamReader {
    struct Message: Equatable {
        var start: Int
        var headLength: Int
        var method: Method
        var framing: Framing
        var keepsAlive: Bool
        var content: [UInt8] = []
        var end = 0
    }

    private(set) var messages: [Message] = []
    private(set) var error: RequestError?
    private let limits: Limits
    /// Whether bytes of a chunked body are thrown away as soon as they are done with.
    private let forgets: Bool
    private var parser: RequestParser
    private var pending: [UInt8] = []
    /// How many bytes of the stream lie before the pending ones.
    private var taken = 0
    private var open: Message?
    private var decoder: ChunkedDecoder?
    private var position = 0

    init(_ limits: Limits, forgets: Bool) {
        self.limits = limits
        self.forgets = forgets
        parser = RequestParser(limits: limits)
    }

    /// Whether a head has been read and its content has not.
    var isReadingContent: Bool { open != nil }

    /// Takes more bytes.
    mutating func receive(_ bytes: ArraySlice<UInt8>) {
        pending += bytes
        do throws(RequestError) {
            while try open == nil ? readHead() : readContent() {}
        } catch {
            self.error = error
        }
    }

    private mutating func readHead() throws(RequestError) -> Bool {
        let bytes = pending
        guard !bytes.isEmpty, let head = try parser.parse(bytes.span) else { return false }
        open = Message(
            start: taken, headLength: head.length, method: head.method, framing: head.framing,
            keepsAlive: head.keepsAlive)
        decoder = head.framing == .chunked ? ChunkedDecoder(limits: limits) : nil
        forget(head.length)
        return true
    }

    private mutating func readContent() throws(RequestError) -> Bool {
        guard var message = open else { return false }
        switch message.framing {
        case .none: break
        case .length(let length):
            guard pending.count >= length else { return false }
            message.content = Array(pending.prefix(length))
            forget(length)
        case .chunked:
            guard try readChunks(&message) else {
                open = message
                return false
            }
        }
        message.end = taken
        messages.append(message)
        open = nil
        return true
    }

    private mutating func readChunks(_ message: inout Message) throws(RequestError) -> Bool {
        let bytes = pending
        while true {
            switch try decoder?.next(bytes.span, from: position) {
            case .data(let range):
                message.content += bytes[range]
                position = range.upperBound
            case .incomplete(let consumed):
                position = consumed
                if forgets { forget(consumed) }
                return false
            case .end(let consumed):
                forget(consumed)
                return true
            case nil: return true
            }
        }
    }

    private mutating func forget(_ count: Int) {
        pending.removeFirst(count)
        taken += count
        position = 0
    }
}
