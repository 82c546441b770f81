/// The part of a response before its content, with the fields of every response.
///
/// The head is appended to the caller's buffer, in front of the content, so that both leave in one write.
public enum ResponseHead {
    /// The connection's future, if the client has to be told (RFC 9112 9.3).
    public enum Connection: Sendable {
        /// The connection persists, which HTTP/1.1 takes for granted.
        case persistent
        /// The connection persists, and the response says so, with the seconds that it may stay idle; 0 leaves them
        /// out.
        case keepAlive(seconds: Int)
        /// The connection ends after this response.
        case close
    }

    /// Appends a head.
    ///
    /// - `contentLength`: the bytes of content; left out where the status forbids content. For HEAD it is the length that
    ///   GET would have sent; nil where it is unknown and the content comes in chunks (RFC 9112 7.1).
    /// - `contentType`: the type of the content, if there is any and it is known.
    /// - `fields`: further fields.
    public static func write(
        _ status: Status, contentLength: Int?, contentType: FieldValue? = nil, connection: Connection = .persistent,
        _ fields: FieldLines = FieldLines(), date: HTTPDate, into buffer: inout [UInt8]
    ) {
        buffer.append(status)
        buffer.append(.date, date.bytes)
        if let contentLength {
            if !status.forbidsContent { buffer.append(.contentLength, contentLength) }
        } else {
            buffer.append(contentsOf: Wire.chunked)
        }
        if let contentType { buffer.append(.contentType, contentType.bytes) }
        buffer.append(contentsOf: Wire.noSniffing)
        buffer.append(connection)
        buffer.append(contentsOf: fields.bytes)
        buffer.append(contentsOf: Wire.lineEnd)
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ name: FieldName, _ number: Int) {
        append(contentsOf: name.opening)
        appendLine(number)
    }

    /// Appends the connection's future for the client.
    ///
    /// RFC 9110 7.6.1: Connection names the field Keep-Alive (RFC 2068 19.7.1), in HTTP/1.1 as in HTTP/1.0.
    mutating func append(_ connection: ResponseHead.Connection) {
        switch connection {
        case .persistent: break
        case .keepAlive(let seconds):
            append(contentsOf: Wire.keepAlive)
            guard seconds > 0 else { return }
            append(contentsOf: Wire.keepAliveTimeout)
            appendLine(seconds)
        case .close: append(contentsOf: Wire.close)
        }
    }
}

/// Constant bytes.
enum Wire {
    static let version = Array("HTTP/1.1 ".utf8)
    static let lineEnd = Array("\r\n".utf8)
    /// Keeps a browser from taking a posted text for a page (WHATWG Fetch 3.6).
    static let noSniffing = Array("X-Content-Type-Options: nosniff\r\n".utf8)
    static let keepAlive = Array("Connection: keep-alive\r\n".utf8)
    static let keepAliveTimeout = Array("Keep-Alive: timeout=".utf8)
    static let chunked = Array("Transfer-Encoding: chunked\r\n".utf8)
    static let close = Array("Connection: close\r\n".utf8)
}

/// Responses that come before the final response.
public enum InterimResponse {
    /// `100 Continue`, whole: the client may send its content (RFC 9110 10.1.1).
    public static let continueBytes = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
}
