internal import EventLoop
internal import Gateway
internal import System

/// The names of all services, and the addresses that they stand for now.
struct ServiceNames {
    private let names: [UpstreamNames]

    /// - `others`: what they know of the same names is known here as well.
    init(_ services: [ServiceDescription], knowing others: ServiceNames? = nil) {
        let known = others?.names.map(\.known).reduce(into: [:]) { $0.merge($1) { first, _ in first } } ?? [:]
        names = services.map { UpstreamNames($0.endpoints, of: $0.description, knowing: known) }
    }

    /// The addresses of each service, in the order of the services.
    var addresses: [[SocketAddress]] { names.map(\.addresses) }

    /// Where the services are, as people read it: a name without an address is there as a name.
    func targets(of services: [Service]) -> [String] {
        services.enumerated().map { number, service in
            let missing = number < names.count ? names[number].unresolved.map { "\($0) (no address yet)" } : []
            return (service.addresses.map { "udp://\($0)" } + missing).joined(separator: " ")
        }
    }

    /// Looks every name up for the first time, while the gateway starts.
    func begin() async {
        for names in names { await names.begin() }
    }

    /// Looks every name up for the first time; throws the first failure.
    func resolve() async throws {
        for names in names { try await names.resolve() }
    }

    /// Looks the names of each service up again from time to time; those of one do not wait for another's.
    func watch(for gateway: Gateway, every interval: Interval, on loop: EventLoop) -> [Task<Void, Never>] {
        names.map { names in
            Task(executorPreference: loop) { await names.watch(for: gateway, every: interval, on: loop) }
        }
    }

    /// Looks them up again now and tells the gateway what has changed.
    func refresh(for gateway: Gateway) async {
        for names in names { await names.refresh(for: gateway) }
    }
}
