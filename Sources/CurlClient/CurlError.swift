internal import CCurl

/// A failed transfer: the kind of failure, and curl's own words for it.
///
/// A response of any status is not a failure.
package struct CurlError: Error, Sendable, Equatable {
    /// The kinds of failures that a program distinguishes.
    package enum Kind: Sendable, Equatable {
        /// The host's name has no address.
        case couldNotResolve
        /// No server accepted the connection.
        case couldNotConnect
        /// The time was over.
        case timedOut
        /// The connection ended without a response.
        case emptyReply
        /// The request could not be sent.
        case sendFailed
        /// The response could not be received.
        case receiveFailed
        /// The response ended before its body was complete.
        case partial
        /// The body is longer than the request allowed.
        case bodyTooLong
        /// The URL asks for something other than HTTP, or the answer was not HTTP/1.
        case unsupportedProtocol
        /// The URL is malformed.
        case malformedURL
        /// Another failure, described by the code and the message.
        case other
    }

    package let kind: Kind
    /// The number that libcurl-errors(3) explains.
    package let code: Int
    /// Curl's description of this failure.
    package let message: String
}

extension CurlError: CustomStringConvertible {
    package var description: String { "\(kind): \(message) (curl \(code))" }
}

extension CurlError.Kind {
    /// The kind of a code that is not `CURLE_OK`: libcurl-errors(3).
    init(_ code: CURLcode) {
        self =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST: .couldNotResolve
            case CURLE_COULDNT_CONNECT: .couldNotConnect
            case CURLE_OPERATION_TIMEDOUT: .timedOut
            case CURLE_GOT_NOTHING: .emptyReply
            case CURLE_SEND_ERROR: .sendFailed
            case CURLE_RECV_ERROR: .receiveFailed
            case CURLE_PARTIAL_FILE: .partial
            case CURLE_UNSUPPORTED_PROTOCOL: .unsupportedProtocol
            case CURLE_URL_MALFORMAT: .malformedURL
            default: .other
            }
    }
}
