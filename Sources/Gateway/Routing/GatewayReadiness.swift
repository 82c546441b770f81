internal import HTTP

/// Whether the gateway is ready for new requests.
enum GatewayReadiness: Sendable {
    case ready
    /// It is about to end.
    case ending
    /// No service can be asked: no address of the first one, at this path, is known.
    case unresolved(String)
    /// No service can be asked: each address of the first one, at this path, is down.
    case down(String)

    /// The response of `/readyz`.
    var response: Response {
        switch self {
        case .ready: .current(MediaType.plainText, "ready\n".utf8)
        case .ending: Problem.response(.serviceUnavailable, "The gateway is about to end.")
        case .unresolved(let path):
            Problem.response(.serviceUnavailable, "The name of the UDP service at \(path) does not resolve.")
        case .down(let path):
            Problem.response(.serviceUnavailable, "No address of the UDP service at \(path) replies.")
        }
    }

    /// The readiness of several workers together: one that is ready is enough.
    static func joined(_ all: [GatewayReadiness]) -> GatewayReadiness {
        for readiness in all { if case .ending = readiness { return readiness } }
        for readiness in all { if case .ready = readiness { return readiness } }
        return all.first ?? .ready
    }
}
