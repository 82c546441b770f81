internal import EventLoop
internal import HTTP

/// An answer to a request, before it is bytes.
struct Response {
    /// Where the content lies.
    enum Content {
        /// In memory that is there anyway, such as a file of the page.
        case bytes([UInt8])
        /// In the exchange that the request has led to: the UDP reply, as it was received.
        case reply
    }

    var status: Status
    /// Nil where there is no content, and for a reply: it is plain text, or of the mirrored type.
    var contentType: FieldValue?
    var content: Content
    /// Fields beyond those that every response has.
    var fields: [(name: FieldName, value: FieldValue)] = []
    /// Whether the content is of the type that the request named for its own.
    var mirrorsType = false
    /// Whether the connection ends after it.
    var closes = false

    init(_ status: Status, _ contentType: FieldValue? = nil, content: Content = .bytes([])) {
        self.status = status
        self.contentType = contentType
        self.content = content
    }

    /// Appends the response to the bytes that leave in the next write.
    ///
    /// - `request`: what it answers; nil where there is none, or none that can be understood.
    func write(
        into output: inout [UInt8], for request: Request?, withContent: Bool, connection: ResponseHead.Connection,
        date: HTTPDate
    ) {
        switch content {
        case .bytes(let bytes):
            let head = ResponseHead(
                status, contentLength: bytes.count, contentType: contentType, connection: connection)
            head.write(into: &output, date: date, adding: writeFields)
            if withContent { output.append(contentsOf: bytes) }
        case .reply:
            guard let request else { preconditionFailure("a reply belongs to a request") }
            let exchange = request.exchange
            ResponseHead(status, contentLength: exchange.length, connection: connection)
                .write(into: &output, date: date) { writer in
                    if mirrorsType, let type = request.value(of: .contentType) {
                        writer.add(.contentType, validating: type.span)
                    } else {
                        writer.add(.contentType, MediaType.plainText)
                    }
                    writer.add(
                        .serverTiming, Self.timingBeginning(exchange), thousandths: exchange.elapsed.microseconds)
                    writeFields(&writer)
                }
            if withContent { output.append(contentsOf: exchange.reply) }
        }
    }

    private func writeFields(_ writer: inout FieldWriter) {
        for field in fields { writer.add(field.name, field.value) }
    }

    /// Whether the content is the reply to a single datagram, and there is nothing to say about it but what most replies
    /// have: it is written by ``ReplyHead``.
    func isPlain(_ exchange: Exchange) -> Bool {
        guard case .reply = content else { return false }
        return exchange.attempts == 1 && !mirrorsType && fields.isEmpty
    }

    /// The head of plain replies within the second of the date.
    static func plainReplyHead(date: HTTPDate) -> ReplyHead {
        ReplyHead(contentType: MediaType.plainText, timing: oneAttempt, date: date)
    }

    /// The whole value of Server-Timing, for a reply that is not passed on as it is.
    static func timing(_ exchange: Exchange) -> FieldValue {
        let beginning = String(decoding: timingBeginning(exchange).bytes, as: UTF8.self)
        let milliseconds = Double(exchange.elapsed.microseconds) / 1000
        return FieldValue(validating: "\(beginning)\(milliseconds)".utf8) ?? oneAttempt
    }

    /// That value up to its number, which Server Timing has in milliseconds.
    private static func timingBeginning(_ exchange: Exchange) -> FieldValue {
        if exchange.attempts == 1 { return oneAttempt }
        return FieldValue(validating: "udp;desc=\"\(exchange.attempts) attempts\";dur=".utf8) ?? oneAttempt
    }

    private static let oneAttempt = FieldValue("udp;dur=")
}

extension Interval {
    /// Whole microseconds, and so the thousandths of milliseconds.
    var microseconds: Int { Int(nanoseconds / 1000) }
}
