internal import HTTP
internal import System

/// The consequences of a datagram that could not be sent or did not arrive: one table for all errors of socket(2),
/// connect(2), send(2), recv(2) and the ICMP types behind them (ip(7), udp(7); RFC 792, RFC 4443).
enum SendFailure: Equatable {
    /// The reason why a backend is unreachable.
    enum Cause: Equatable {
        /// No service has the port (ICMP "port unreachable").
        case refused
        /// No route leads there.
        case unroutable
        /// A rule forbids it: a filter, or a route that prohibits.
        case prohibited
    }

    /// This host has no room, no port, no descriptor or no watch for the moment: try again until the deadline.
    case wait
    /// The datagram is longer than the path or the protocol takes.
    case tooLong
    /// That datagram reached no service: another backend may have it.
    case unreachable(Cause)

    init(_ reason: ErrorNumber) {
        switch reason {
        // connect(2): no port is left. For send(2) would-block is a value and does not come here.
        case .wouldBlock, .addressInUse: self = .wait
        case .tooManyOpenFiles, .tooManyOpenFilesInSystem, .noBufferSpace, .outOfMemory, .noSpace: self = .wait
        case .messageTooLong: self = .tooLong
        case .connectionRefused: self = .unreachable(.refused)
        case .permissionDenied, .notPermitted: self = .unreachable(.prohibited)
        case .badDescriptor, .notASocket, .badAddress:
            preconditionFailure("a system call on an exchange's socket was wrong: \(reason)")
        // Among them are EINVAL, the error of a blackhole route, EADDRNOTAVAIL and EAFNOSUPPORT of a host without IPv6,
        // and all other ICMP types: in each case the datagram did not arrive.
        default: self = .unreachable(.unroutable)
        }
    }

    /// - `report`: the first waiting report, which may be about another error.
    init(_ reason: ErrorNumber, by report: NetworkReport?) {
        if let report, report.isProhibition, report.reason == reason {
            self = .unreachable(.prohibited)
        } else {
            self.init(reason)
        }
    }
}

/// The reasons why a request got no reply from the UDP service.
enum GatewayError: Error, Equatable {
    /// The backend is unreachable; `origin` is the sender of the report.
    case unreachable(SendFailure.Cause, NetworkReport.Origin)
    /// No reply came by the deadline; the budget may have prevented further datagrams.
    case silent(after: Interval, attempts: Int, isHeldBack: Bool = false)
    /// The reply is longer than the limit, in bytes.
    case replyTooLong(limit: Int)
    /// Replies came, and the gateway had no memory left for them: its limit, in bytes.
    case noRoomForReplies(limit: Int)
    /// No address of the service is known: its name does not resolve.
    case noBackend
    /// More exchanges are in flight than the limit.
    case overloaded(limit: Int)
    /// No socket was free before the deadline.
    case noSocket(limit: Int)
    /// This host could not send the datagram before the deadline.
    case blocked(ErrorNumber)
    /// The body does not fit in one datagram: of the limit, or of the way to the service, where that is nil.
    case requestTooLong(limit: Int?)

    /// The status of the response and the error type of Proxy-Status (RFC 9209 2.3): the failure table.
    var answer: (status: Status, proxyError: ProxyError) {
        switch self {
        case .unreachable(.refused, _): (.badGateway, .connectionRefused)
        case .unreachable(.unroutable, _): (.badGateway, .destinationUnroutable)
        case .unreachable(.prohibited, _): (.badGateway, .destinationProhibited)
        case .silent: (.gatewayTimeout, .responseTimeout)
        case .replyTooLong: (.badGateway, .responseBodySize)
        case .noRoomForReplies: (.serviceUnavailable, .internalError)
        case .noBackend: (.serviceUnavailable, .nameUnresolved)
        case .overloaded, .noSocket, .blocked: (.serviceUnavailable, .connectionLimitReached)
        case .requestTooLong: (.contentTooLarge, .requestError)
        }
    }

    /// One sentence for the caller.
    ///
    /// The upstream's address is the operator's business, and is not in it.
    var detail: String {
        switch self {
        case .unreachable(let cause, let origin): Self.sentence(cause, origin)
        case .silent(let time, let attempts, let isHeldBack):
            "The UDP service did not reply within \(time) (\(attempts) \(attempts == 1 ? "datagram" : "datagrams") sent\(isHeldBack ? "; the budget of datagrams sent again is used up" : ""))."
        case .replyTooLong(let limit): "The UDP service's reply is longer than the limit of \(limit) bytes."
        case .noRoomForReplies(let limit):
            "The UDP service replied, and the gateway had no room: its \(limit) bytes for requests and replies are in use."
        case .noBackend: "No address of the UDP service is known: its name does not resolve. Try again shortly."
        case .overloaded(let limit): "All \(limit) exchanges with the UDP service are in use. Try again shortly."
        case .noSocket(let limit): "None of the \(limit) UDP sockets was free in time. Try again shortly."
        case .blocked(.addressInUse): "No UDP port of the gateway's host was free in time. Try again shortly."
        case .blocked(let reason):
            "The gateway's host could not send the datagram in time: \(reason). Try again shortly."
        case .requestTooLong(let limit?): "The body does not fit in one datagram of at most \(limit) bytes."
        case .requestTooLong(nil):
            "The body is longer than a datagram on the way to the UDP service, which takes none in fragments."
        }
    }

    /// An ICMP message comes from a router or from the service's host; where the gateway's own host refuses to send,
    /// the operator has to look in another place.
    private static func sentence(_ cause: SendFailure.Cause, _ origin: NetworkReport.Origin) -> String {
        switch (cause, origin) {
        case (.refused, _): "The UDP service refused the datagram: no program listens at its port."
        case (.unroutable, .network): "The network reported that the UDP service cannot be reached (ICMP)."
        case (.unroutable, .local): "The gateway's host has no way to the UDP service."
        case (.prohibited, .network): "The network does not let the datagram through to the UDP service (ICMP)."
        case (.prohibited, .local): "A route or filter of the gateway's host forbids the datagram."
        }
    }
}

/// The reasons why the gateway could not do what a request asked for, by the names of Proxy-Status (RFC 9209 2.3),
/// which the metrics and the access log use as well.
enum ProxyError: String, CaseIterable, Sendable {
    case connectionRefused = "connection_refused"
    case destinationUnroutable = "destination_ip_unroutable"
    case destinationProhibited = "destination_ip_prohibited"
    case responseTimeout = "http_response_timeout"
    case responseBodySize = "http_response_body_size"
    case nameUnresolved = "dns_error"
    case connectionLimitReached = "connection_limit_reached"
    case requestError = "http_request_error"
    case requestDenied = "http_request_denied"
    case internalError = "proxy_internal_error"
}

/// A failure for the metrics: the request's service, and the reason.
struct ServiceFailure: Hashable, Sendable {
    /// The service's path; empty where the failure came before the choice of a service.
    let service: String
    let error: ProxyError
}
