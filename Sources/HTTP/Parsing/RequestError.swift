/// The reason why the received bytes are not an acceptable request, and its position.
///
/// After such an error the start of the next message is unknown: the server answers and closes.
public struct RequestError: Error, Sendable, Equatable {
    /// The reason.
    public let reason: Reason

    /// The position, from the first byte of the message, or of the body for an error of ``ChunkedDecoder``.
    public let offset: Int

    /// The response's status.
    public var status: Status { reason.status }

    init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// A fault of a request; the raw value is one sentence for the client.
    public enum Reason: String, Sendable, CaseIterable {
        case tooManyEmptyLines = "Too many empty lines come before the request line."
        case bareCarriageReturn = "A carriage return is not followed by a line feed."
        case bareLineFeed = "A line ends in a line feed without a carriage return."
        case malformedMethod = "The request does not begin with a method and one space."
        case connectMethod = "This server is not a proxy and does not implement CONNECT."
        case malformedTarget = "The request target is empty, no path or URL, or has a byte that is not allowed there."
        case misplacedAsterisk = "The request target \"*\" goes with OPTIONS only."
        case invalidAuthority = "The request target does not name a valid host and port."
        case missingVersion = "The request line has no HTTP version."
        case malformedVersion = "The request line does not end in an HTTP version such as HTTP/1.1."
        case unsupportedVersion = "Only HTTP/1.0 and HTTP/1.1 are spoken here."
        case foldedLine = "A field line begins with white space."
        case spaceBeforeColon = "White space stands between a field name and its colon."
        case missingColon = "A field line has no colon."
        case malformedName = "A field name is empty or has a byte that is not allowed there."
        case malformedValue = "A field value has a control character."
        case repeatedField = "A field that may come once comes twice."
        case missingHost = "An HTTP/1.1 request needs a Host field."
        case invalidHost = "The Host field is not a valid host and port."
        case malformedLength = "Content-Length is not one decimal number in range."
        case lengthAndCoding = "Content-Length and Transfer-Encoding exclude each other."
        case codingInOldVersion = "HTTP/1.0 has no Transfer-Encoding."
        case chunkedTwice = "The transfer coding \"chunked\" is applied twice."
        case chunkedNotFinal = "The final transfer coding is not \"chunked\"."
        case malformedCoding = "Transfer-Encoding has an empty list element."
        case unknownCoding = "Only the transfer coding \"chunked\" is implemented."
        case unknownExpectation = "The only expectation that can be met is 100-continue."
        case malformedChunkSize = "A chunk does not begin with its size in hexadecimal digits."
        case paddedChunkSize = "White space stands before a chunk size, or behind one without an extension."
        case chunkSizeOverflow = "A chunk size is beyond all bounds."
        case malformedChunkExtension = "A chunk extension is not a name, or a name and a value, behind a semicolon."
        case malformedChunkEnd = "The data of a chunk are not followed by CRLF."
        case chunkLineTooLong = "The line with a chunk size is too long."
        case chunkExtensionsTooLong = "The chunk extensions of the body are too long together."
        case trailersTooLarge = "The trailer section is too large."
        case requestLineTooLong = "The request line is too long."
        case headTooLarge = "The request head is too large."
        case tooManyFields = "The request has too many fields."
        case bodyTooLarge = "The content is larger than this server accepts."
    }
}

extension RequestError.Reason {
    /// The status of the response to this error.
    public var status: Status {
        switch self {
        case .requestLineTooLong: .uriTooLong
        case .headTooLarge, .tooManyFields, .trailersTooLarge: .requestHeaderFieldsTooLarge
        case .bodyTooLarge: .contentTooLarge
        case .unknownExpectation: .expectationFailed
        case .connectMethod, .unknownCoding: .notImplemented
        case .unsupportedVersion: .httpVersionNotSupported
        default: .badRequest
        }
    }
}
