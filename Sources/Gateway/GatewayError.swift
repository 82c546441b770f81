internal import EventLoop
internal import HTTP
internal import Sockets

/// Why a request got no reply from the UDP service: the list of causes.
///
/// The one that carries an error of another module is indirect, so that a function that waits need not keep room for it.
enum GatewayError: Error {
    /// The upstream's host reported that nobody listens at the port.
    case refused
    /// No way leads to the upstream.
    case unroutable
    /// No reply by the deadline.
    case silent(after: Interval, attempts: Int)
    /// The reply is longer than the limit, in bytes.
    case replyTooLong(limit: Int)
    /// Every address of the upstream is out for having failed.
    case allDown(retryAfter: Interval)
    /// More exchanges in flight than the limit.
    case overloaded(limit: Int)
    /// No socket could be had before the deadline.
    case noSocket(limit: Int)
    /// The body does not fit in one datagram.
    case requestTooLong(limit: Int)
    /// The system refused something else.
    indirect case failed(SocketError)

    /// The status of the response and the error type of Proxy-Status (RFC 9209 2.3): the failure table.
    var answer: (status: Status, proxyError: StaticString) {
        switch self {
        case .refused: (.badGateway, "connection_refused")
        case .unroutable: (.badGateway, "destination_ip_unroutable")
        case .silent: (.gatewayTimeout, "http_response_timeout")
        case .replyTooLong: (.badGateway, "http_response_body_size")
        case .allDown: (.serviceUnavailable, "destination_unavailable")
        case .overloaded, .noSocket: (.serviceUnavailable, "connection_limit_reached")
        case .requestTooLong: (.contentTooLarge, "http_request_error")
        case .failed: (.badGateway, "proxy_internal_error")
        }
    }

    /// One sentence for the caller.
    ///
    /// The upstream's address is the operator's business, and is not in it.
    var detail: String {
        switch self {
        case .refused: "The UDP service refused the datagram: nobody listens at its port."
        case .unroutable: "The UDP service cannot be reached from here."
        case .silent(let time, let attempts):
            "The UDP service did not reply within \(time) (\(attempts) \(attempts == 1 ? "datagram" : "datagrams") sent)."
        case .replyTooLong(let limit): "The UDP service's reply is longer than the limit of \(limit) bytes."
        case .allDown: "The UDP service has failed several times in a row and is left alone for now. Try again shortly."
        case .overloaded(let limit): "All \(limit) exchanges with the UDP service are in use. Try again shortly."
        case .noSocket(let limit): "None of the \(limit) UDP sockets was free in time. Try again shortly."
        case .requestTooLong(let limit): "The body does not fit in one datagram of at most \(limit) bytes."
        case .failed: "The gateway could not send to the UDP service."
        }
    }

    /// Whether the datagram surely reached nobody, so that it may be sent elsewhere.
    var isUndelivered: Bool {
        switch self {
        case .refused, .unroutable: true
        default: false
        }
    }

    /// How long the caller should wait before it tries again, in whole seconds; nil where nobody can tell.
    var retryAfter: Int? {
        switch self {
        case .allDown(let time): max(1, Int((time.seconds).rounded(.up)))
        case .overloaded, .noSocket: 1
        default: nil
        }
    }

    /// Puts a failed system call of the UDP leg into the list.
    init(_ error: SocketError, limit: Int) {
        switch error.reason {
        case .connectionRefused: self = .refused
        case .hostUnreachable, .networkUnreachable: self = .unroutable
        case .messageTooLong: self = .requestTooLong(limit: limit)
        default: self = .failed(error)
        }
    }
}
