internal import HTTP
internal import System

/// The services of one worker, by their paths.
struct ServiceTable {
    /// All of them, in the operator's order.
    let routes: [ServiceRoute]
    /// The service at `/`, which the page and its form use.
    let root: ServiceRoute?

    /// The length of the longest datagram that any of them takes; nil without a service.
    let longestDatagram: Int?
    private let paths: [ArraySlice<UInt8>: ServiceRoute]

    init(_ routes: [ServiceRoute]) {
        self.routes = routes
        longestDatagram = routes.map(\.longestDatagram).max()
        paths = Dictionary(routes.map { ($0.service.path.bytes, $0) }) { first, _ in first }
        root = routes.first { $0.service.path == "/" }
    }

    /// The service of a path; nil where there is none.
    func route(at path: ArraySlice<UInt8>) -> ServiceRoute? { paths[path] }

    /// Whether a service can be asked: one that cannot takes the gateway from no caller of the others.
    var readiness: GatewayReadiness {
        guard let first = routes.first, routes.allSatisfy({ $0.upstream.backends.isEmpty || $0.upstream.isDown }) else {
            return .ready
        }
        return first.upstream.backends.isEmpty ? .unresolved(first.service.path) : .down(first.service.path)
    }

    /// The response of `/services`.
    var response: Response { .current(MediaType.json, json.utf8) }

    /// Paths, settings in seconds and bytes, and addresses with the worker's latest verdict on each, as JSON.
    var json: String {
        let services = routes.map { route in
            let settings = route.service.configuration
            let backends = route.counts.backends.filter { settings.shows($0.address) }.map {
                "{\"address\":\(JSONText.quoted("\($0.address)")),\"up\":\($0.counts.isUp)}"
            }
            let up = route.counts.backends.contains { $0.counts.isUp }
            return """
                {"path":\(JSONText.quoted(route.service.path)),"up":\(up),"timeout":\(Self.seconds(settings.timeout)),\
                "attempts":\(settings.attempts),"rest":\(Self.seconds(settings.rest)),\
                "quarantine":\(Self.seconds(settings.quarantine)),"maxDatagram":\(settings.maxDatagram),\
                \(Self.members(of: route.service.replies)),\
                \(route.service.ownOptions)\
                "backends":[\(backends.joined(separator: ","))]}
                """
        }
        return "{\"services\":[\(services.joined(separator: ","))]}\n"
    }

    /// The policy's members.
    private static func members(of policy: ReplyPolicy) -> String {
        let count =
            switch policy.count {
            case .none: "0"
            case .some(let number): "\(number)"
            case .all: "\"all\""
            }
        return "\"replies\":\(count),\"from\":\"\(policy.source.rawValue)\""
    }

    private static func seconds(_ time: Interval) -> Double { Double(time.nanoseconds) / 1e9 }
}

extension Service {
    /// The service's less common options, as members of JSON with a comma after each.
    fileprivate var ownOptions: String {
        let options = [
            ("preset", preset?.rawValue), ("get", get),
            ("type", type.map { String(decoding: $0.bytes, as: UTF8.self) }),
        ]
        return options.map { (name, value) in value.map { "\"\(name)\":\(JSONText.quoted($0))," } ?? "" }.joined()
    }
}
