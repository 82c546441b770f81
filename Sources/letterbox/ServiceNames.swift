internal import EventLoop
internal import Gateway
internal import System

/// The names of all services, and their current addresses.
struct ServiceNames {
    private let names: [UpstreamNames]

    /// - `others`: the source of addresses that are already known.
    init(_ services: [ServiceDescription], knowing others: ServiceNames? = nil) {
        let known = others?.names.map(\.known).reduce(into: [:]) { $0.merge($1) { first, _ in first } } ?? [:]
        names = services.map { UpstreamNames($0.endpoints, of: $0.description, knowing: known) }
    }

    /// The addresses of each service, in the order of the services.
    var addresses: [[SocketAddress]] { names.map(\.addresses) }

    /// The services' addresses for people; a name without an address appears as the name.
    func targets(of services: [Service]) -> [String] {
        services.enumerated().map { number, service in
            let missing = number < names.count ? names[number].unresolved.map { "\($0) (no address yet)" } : []
            return (service.addresses.map { "udp://\($0)" } + missing).joined(separator: " ")
        }
    }

    /// Looks every name up for the first time, during the gateway's start.
    func begin() async {
        for names in names { await names.begin() }
    }

    /// Looks every name up for the first time; throws the first failure.
    func resolve() async throws {
        for names in names { try await names.resolve() }
    }

    /// Looks the names of each service up again at intervals; one service's names do not wait for another's.
    func watch(for gateway: Gateway, every interval: Interval, on loop: EventLoop) -> [Task<Void, Never>] {
        names.map { names in
            Task(executorPreference: loop) { await names.watch(for: gateway, every: interval, on: loop) }
        }
    }

    /// Looks the names up again now, and gives the gateway the changes.
    func refresh(for gateway: Gateway) async {
        for names in names { await names.refresh(for: gateway) }
    }
}
