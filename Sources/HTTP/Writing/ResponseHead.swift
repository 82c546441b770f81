/// The part of a response before its content, as far as every response has it.
///
/// It is appended to a buffer that the caller keeps, in front of the content, so that both leave in one write.
public struct ResponseHead: Sendable {
    /// What becomes of the connection, as far as the client has to be told (RFC 9112 9.3).
    public enum Connection: Sendable {
        /// It goes on, which HTTP/1.1 takes for granted.
        case persistent
        /// It goes on, and the HTTP/1.0 client that asked for it must be told.
        case keepAlive
        /// It ends after this response.
        case close
    }

    /// The status.
    public var status: Status
    /// The bytes of content; left out where the status forbids content.
    ///
    /// For HEAD, what GET would have sent.
    public var contentLength: Int
    /// The type of the content, if there is any and it is known.
    public var contentType: FieldValue?
    /// What becomes of the connection.
    public var connection: Connection

    /// A head for so many bytes of content.
    public init(
        _ status: Status, contentLength: Int, contentType: FieldValue? = nil, connection: Connection = .persistent
    ) {
        self.status = status
        self.contentLength = contentLength
        self.contentType = contentType
        self.connection = connection
    }

    /// Appends the head without further fields.
    public func write(into buffer: inout [UInt8], date: HTTPDate) {
        write(into: &buffer, date: date) { _ in }
    }

    /// Appends the head, with what the closure adds to its fields.
    public func write(into buffer: inout [UInt8], date: HTTPDate, adding fields: (inout FieldWriter) -> Void) {
        var writer = FieldWriter(taking: &buffer)
        begin(&writer, date)
        fields(&writer)
        writer.end(into: &buffer)
    }

    func begin(_ writer: inout FieldWriter, _ date: HTTPDate) {
        writer.statusLine(status)
        writer.add(.date, date)
        if !status.forbidsContent { writer.add(.contentLength, contentLength) }
        if let contentType {
            writer.append(FieldName.contentType.opening)
            writer.append(contentType.bytes)
            writer.append(Wire.endAndNoSniffing)
        } else {
            writer.append(Wire.noSniffing)
        }
        switch connection {
        case .persistent: break
        case .keepAlive: writer.append(Wire.keepAlive)
        case .close: writer.append(Wire.close)
        }
    }
}

/// Bytes that are the same each time.
enum Wire {
    static let version = Array("HTTP/1.1 ".utf8)
    static let lineEnd = Array("\r\n".utf8)
    /// Keeps a browser from guessing that what somebody posted is a page (WHATWG Fetch 3.6).
    static let noSniffing = Array("X-Content-Type-Options: nosniff\r\n".utf8)
    static let endAndNoSniffing = lineEnd + noSniffing
    static let keepAlive = Array("Connection: keep-alive\r\n".utf8)
    static let close = Array("Connection: close\r\n".utf8)
}

/// Responses that come before the response proper.
public enum InterimResponse {
    /// `100 Continue`, whole: the client may send its content (RFC 9110 10.1.1).
    public static let continueBytes = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
}
