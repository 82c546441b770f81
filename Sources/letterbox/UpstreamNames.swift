internal import EventLoop
internal import Gateway
internal import Logging
internal import Sockets

/// The names of the UDP service, and the addresses that they stand for now.
struct UpstreamNames {
    private let endpoints: [Endpoint]
    private let logger = Logger(label: "upstream")
    private var found: [Endpoint: [SocketAddress]] = [:]

    init(_ endpoints: [Endpoint]) {
        self.endpoints = endpoints
    }

    /// All addresses, in the order of the names, none twice.
    var addresses: [SocketAddress] {
        endpoints.flatMap { found[$0] ?? [] }.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// Looks every name up for the first time; throws the first failure.
    mutating func resolve() async throws {
        for endpoint in endpoints { found[endpoint] = try await look(up: endpoint) }
    }

    /// Looks them up again from time to time and tells the gateway what has changed; a failed look-up changes nothing.
    mutating func watch(for gateway: Gateway, every interval: Interval, on loop: EventLoop) async {
        let names = endpoints.filter { SocketAddress($0.host, port: $0.port) == nil }
        while !names.isEmpty {
            await loop.sleep(until: loop.now + interval)
            let before = Set(addresses)
            for name in names {
                do { found[name] = try await look(up: name) } catch { logger.warning("\(error); its addresses stay") }
            }
            guard Set(addresses) != before else { continue }
            logger.notice("the UDP service is now at \(addresses)")
            await gateway.replaceUpstream(addresses)
        }
    }

    private func look(up endpoint: Endpoint) async throws -> [SocketAddress] {
        try await Thread.blocking { () throws(ResolverError) in try Resolver.resolve(endpoint) }.get()
    }
}
