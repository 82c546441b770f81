internal import CCurl

/// A transfer that failed: what kind of failure, and curl's own words for it.
///
/// A response of any status is no failure.
package struct CurlError: Error, Sendable, Equatable {
    /// What went wrong, as far as a program wants to tell.
    package enum Kind: Sendable, Equatable {
        /// The host's name has no address.
        case couldNotResolve
        /// Nobody took the connection.
        case couldNotConnect
        /// The time allowed was over.
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
        /// The URL is none.
        case malformedURL
        /// Something else: the code and the message say what.
        case other
    }

    /// What went wrong.
    package let kind: Kind
    /// The number that libcurl-errors(3) explains.
    package let code: Int
    /// What curl says of this failure.
    package let message: String
}

extension CurlError: CustomStringConvertible {
    /// The kind, and curl's words.
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
