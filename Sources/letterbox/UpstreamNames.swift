internal import EventLoop
internal import Gateway
internal import Logging
internal import System
internal import Synchronization

/// The names of a UDP service, and the addresses that they stand for now.
final class UpstreamNames: Sendable {
    private let endpoints: [Endpoint]
    /// Its place among the gateway's services.
    private let number: Int
    private let logger = Logger(label: "upstream")
    private let found = Mutex<[Endpoint: [SocketAddress]]>([:])

    init(_ endpoints: [Endpoint], ofService number: Int) {
        self.endpoints = endpoints
        self.number = number
    }

    /// All addresses, in the order of the names, none twice.
    var addresses: [SocketAddress] {
        let found = found.withLock { $0 }
        return endpoints.flatMap { found[$0] ?? [] }.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// Looks every name up for the first time; throws the first failure.
    func resolve() async throws {
        for endpoint in endpoints { try await look(up: endpoint) }
    }

    /// Looks them up again from time to time.
    func watch(for gateway: Gateway, every interval: Interval, on loop: EventLoop) async {
        while hasNames {
            await loop.sleep(until: loop.now + interval)
            await refresh(for: gateway)
        }
    }

    /// Looks them up again and tells the gateway what has changed; a failed look-up changes nothing.
    func refresh(for gateway: Gateway) async {
        let before = Set(addresses)
        for name in names {
            do { try await look(up: name) } catch { logger.warning("\(error); its addresses stay") }
        }
        guard Set(addresses) != before else { return }
        logger.notice("the UDP service is now at \(addresses)")
        await gateway.replaceAddresses(addresses, ofService: number)
    }

    /// Those of the endpoints that are no addresses.
    private var names: [Endpoint] { endpoints.filter { SocketAddress($0.host, port: $0.port) == nil } }

    /// Whether there is a name that may move.
    var hasNames: Bool { !names.isEmpty }

    private func look(up endpoint: Endpoint) async throws {
        let addresses = try await Thread.blocking { () throws(ResolverError) in try Resolver.resolve(endpoint) }.get()
        found.withLock { $0[endpoint] = addresses }
    }
}
