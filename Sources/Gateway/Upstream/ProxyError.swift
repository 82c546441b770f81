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
