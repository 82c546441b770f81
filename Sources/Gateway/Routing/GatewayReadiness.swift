internal import HTTP

/// Whether the gateway is ready for new requests.
enum GatewayReadiness: Sendable {
    case ready
    /// It is about to end.
    case ending
    /// No address of the service at this path is known.
    case unresolved(String)
    /// No address of the services at these paths replies.
    case down([String])

    /// The response of `/readyz`.
    var response: Response {
        switch self {
        case .ready: .current(MediaType.plainText, "ready\n".utf8)
        case .ending: Problem.response(.serviceUnavailable, "The gateway is about to end.")
        case .unresolved(let path):
            Problem.response(.serviceUnavailable, "The name of the UDP service at \(path) does not resolve.")
        case .down(let paths):
            Problem.response(.serviceUnavailable, "No address of the UDP service at \(paths[0]) replies.")
        }
    }

    /// The readiness of several workers together: a service is down where all of them say so.
    static func joined(_ all: [GatewayReadiness]) -> GatewayReadiness {
        var down: [String]?
        for readiness in all {
            switch readiness {
            case .ending, .unresolved: return readiness
            case .ready: down = []
            case .down(let paths): down = down.map { $0.filter(paths.contains) } ?? paths
            }
        }
        return down.map { $0.isEmpty ? .ready : .down($0) } ?? .ready
    }
}
