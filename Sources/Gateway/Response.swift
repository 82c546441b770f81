internal import EventLoop
internal import HTTP

/// An answer to a request, before it is bytes.
struct Response: ~Copyable {
    /// Where the content lies.
    enum Content: ~Copyable {
        /// In memory that is there anyway, such as a file of the page.
        case bytes([UInt8])
        /// In the buffer that the UDP reply was received in.
        case reply(Reply)

        var count: Int {
            switch self {
            case .bytes(let bytes): bytes.count
            case .reply(let reply): reply.range.count
            }
        }

        /// How long the reply took; in thousandths of what Server Timing has, which are milliseconds.
        var timing: (beginning: FieldValue, microseconds: Int)? {
            switch self {
            case .bytes: nil
            case .reply(let reply): (Response.timing(reply), Int(reply.elapsed.nanoseconds / 1000))
            }
        }
    }

    var status: Status
    /// Nil where there is no content, and for a reply: it is plain text, or of the mirrored type.
    var contentType: FieldValue?
    var content: Content
    /// Fields beyond those that every response has.
    var fields: [(name: FieldName, value: FieldValue)] = []
    /// The type that the request's own content type names, where it is mirrored.
    var mirroredType: ArraySlice<UInt8>?
    /// Whether the connection ends after it.
    var closes = false

    init(_ status: Status, _ contentType: FieldValue? = nil, content: consuming Content = .bytes([])) {
        self.status = status
        self.contentType = contentType
        self.content = content
    }

    /// Appends the response to the bytes that leave in the next write.
    func write(
        into output: inout [UInt8], withContent: Bool, connection: ResponseHead.Connection, date: HTTPDate
    ) {
        let (mirroredType, fields, timing) = (mirroredType, fields, content.timing)
        let head = ResponseHead(
            status, contentLength: content.count, contentType: timing == nil ? contentType : nil,
            connection: connection)
        head.write(into: &output, date: date) { writer in
            if let mirroredType {
                writer.add(.contentType, validating: mirroredType.span)
            } else if timing != nil {
                writer.add(.contentType, MediaType.plainText)
            }
            if let timing { writer.add(.serverTiming, timing.beginning, thousandths: timing.microseconds) }
            for field in fields { writer.add(field.name, field.value) }
        }
        guard withContent else { return }
        switch content {
        case .bytes(let bytes): output.append(contentsOf: bytes)
        case .reply(let reply): output.append(contentsOf: reply.buffer[reply.range])
        }
    }

    /// Whether the content is a reply, and there is nothing to say about it but what most replies have.
    var isPlainReply: Bool {
        switch content {
        case .bytes: false
        case .reply(let reply): reply.attempts == 1 && mirroredType == nil && fields.isEmpty
        }
    }

    /// Appends a plain reply to the bytes that leave in the next write.
    func writePlainReply(into output: inout [UInt8], head: ReplyHead) {
        switch content {
        case .bytes: break
        case .reply(let reply):
            head.write(
                into: &output, contentLength: reply.range.count, thousandths: Int(reply.elapsed.nanoseconds / 1000))
            output.append(contentsOf: reply.buffer[reply.range])
        }
    }

    /// The head of plain replies within the second of the date.
    static func plainReplyHead(date: HTTPDate) -> ReplyHead {
        ReplyHead(contentType: MediaType.plainText, timing: oneAttempt, date: date)
    }

    /// Gives the buffer back that a reply was received in.
    consuming func giveBack(to pool: BufferPool) {
        if case .reply(var reply) = content { pool.giveBack(&reply.buffer) }
    }

    /// Milliseconds, as Server Timing has them, so that thousandths are microseconds.
    fileprivate static func timing(_ reply: borrowing Reply) -> FieldValue {
        if reply.attempts == 1 { return oneAttempt }
        return FieldValue(validating: "udp;desc=\"\(reply.attempts) attempts\";dur=".utf8) ?? oneAttempt
    }

    /// The whole value of Server-Timing, for a reply that is not passed on as it is.
    static func timing(_ reply: borrowing Reply, _ elapsed: Interval) -> FieldValue {
        let text = "\(String(decoding: timing(reply).bytes, as: UTF8.self))\(Double(elapsed.nanoseconds / 1000) / 1000)"
        return FieldValue(validating: text.utf8) ?? oneAttempt
    }

    private static let oneAttempt = FieldValue("udp;dur=")
}
