internal import CommandLineSupport
internal import EventLoop
internal import Gateway
internal import Logging
internal import System
internal import Synchronization

/// A described service, and the current addresses of its names.
final class UpstreamNames: Sendable {
    let description: ServiceDescription
    private let logger = Logger(label: "upstream")
    private let state: Mutex<State>

    private struct State {
        var found: [Endpoint: [SocketAddress]] = [:]
        /// The names whose latest look-up failed, which the log has reported.
        var failing: Set<Endpoint> = []
        /// Whether the latest addresses contradicted the service's options, which the log has reported.
        var isRefused = false
    }

    /// The pause before another look-up of a name that has never had an address; each time twice as long.
    private static let firstPause = Interval.seconds(1)

    /// - `others`: the source of addresses that are already known.
    init(_ description: ServiceDescription, knowing others: [UpstreamNames] = []) {
        self.description = description
        let known = others.map { names in names.state.withLock { $0.found } }
        let found = known.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
        state = Mutex(State(found: found.filter { description.endpoints.contains($0.key) }))
    }

    private var endpoints: [Endpoint] { description.endpoints }

    /// The service at the current addresses; throws where one of them contradicts its options.
    func service(_ flags: Configuration) throws(SettingsError) -> Service {
        let addresses = addresses
        try description.check(addresses)
        return description.service(at: addresses, flags)
    }

    /// All addresses, in the order of the names, without repetition.
    var addresses: [SocketAddress] {
        let found = state.withLock { $0.found }
        return endpoints.flatMap { found[$0] ?? [] }.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// The endpoints that have never had an address.
    var unresolved: [Endpoint] {
        let found = state.withLock { $0.found }
        return endpoints.filter { found[$0] == nil }
    }

    /// Looks every name up for the first time; throws the first failure.
    func resolve() async throws {
        for endpoint in endpoints { try await lookUp(endpoint) }
    }

    /// Looks every name up for the first time; names without an address are looked up again while the gateway runs.
    func begin() async {
        for endpoint in endpoints { await tryLook(up: endpoint) }
    }

    /// Looks the names up again at intervals, and sooner where one has no address yet.
    func watch(for gateway: Gateway, every interval: Interval, on loop: EventLoop) async {
        var pause = Self.firstPause
        while !names.isEmpty {
            let isMissing = !unresolved.isEmpty
            await loop.sleep(until: loop.now + (isMissing ? min(pause, interval) : interval))
            pause = isMissing ? Interval(nanoseconds: 2 * min(pause, interval).nanoseconds) : Self.firstPause
            guard !Task.isCancelled else { return }
            await refresh(for: gateway)
        }
    }

    /// Looks the names up again and gives the gateway the changes; a failed look-up changes nothing, and neither do
    /// addresses that contradict the service's options.
    func refresh(for gateway: Gateway) async {
        let (before, found) = (Set(addresses), state.withLock { $0.found })
        for name in names { await tryLook(up: name) }
        guard accept(orReturnTo: found), Set(addresses) != before, !Task.isCancelled else { return }
        await gateway.replaceAddresses(addresses, of: description.description)
        logger.notice("\(description.path): the UDP service is now at \(addresses)")
    }

    /// Checks the current addresses as the start does, and takes the former ones back where they fail; the log reports the
    /// first failure in a row.
    private func accept(orReturnTo former: [Endpoint: [SocketAddress]]) -> Bool {
        do { try description.check(addresses) } catch {
            let isNews = state.withLock { state in
                state.found = former
                defer { state.isRefused = true }
                return !state.isRefused
            }
            if isNews { logger.warning("\(error); its addresses stay as they were") }
            return false
        }
        state.withLock { $0.isRefused = false }
        return true
    }

    /// The endpoints that are names.
    private var names: [Endpoint] { endpoints.filter { $0.literal == nil } }

    /// Looks one name up; the log reports the first failure in a row.
    private func tryLook(up endpoint: Endpoint) async {
        do { try await lookUp(endpoint) } catch {
            let (isNews, isKnown) = state.withLock { state in
                (state.failing.insert(endpoint).inserted, state.found[endpoint] != nil)
            }
            guard isNews else { return }
            logger.warning("\(error); \(isKnown ? "its addresses stay" : "requests get 503 until it has an address")")
        }
    }

    /// The addresses of an endpoint; only a name costs a thread.
    private func addresses(of endpoint: Endpoint) async throws -> [SocketAddress] {
        if let literal = endpoint.literal { return [literal] }
        return try await Thread.blocking { () throws(ResolverError) in try Resolver.resolve(endpoint) }.get()
    }

    private func lookUp(_ endpoint: Endpoint) async throws {
        let addresses = try await addresses(of: endpoint)
        state.withLock { state in
            state.found[endpoint] = addresses
            state.failing.remove(endpoint)
        }
    }
}
