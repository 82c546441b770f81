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
        /// The number of look-ups so far, and that of each name's latest one with an answer: answers overtake one another.
        var lookUps = 0
        var answered: [Endpoint: Int] = [:]
        /// The latest addresses that did not contradict the service's options.
        var accepted: [Endpoint: [SocketAddress]] = [:]
        /// The addresses that the gateway has.
        var given: Set<SocketAddress> = []
        /// The names whose latest look-up failed, which the log has reported.
        var failing: Set<Endpoint> = []
        /// Whether the latest addresses contradicted the service's options, which the log has reported.
        var isRefused = false
    }

    /// The pause before another look-up of a name that has never had an address; each time twice as long.
    private static let firstPause = Interval.seconds(1)
    /// The longest wait of a start or a reload for the resolver: services with known addresses do not depend on it.
    private static let patience = Interval.seconds(1)

    /// - `others`: the source of addresses that are already known.
    init(_ description: ServiceDescription, knowing others: [UpstreamNames] = []) {
        self.description = description
        state = Mutex(State())
        learn(from: others)
    }

    /// Takes over the addresses that others have found.
    func learn(from others: [UpstreamNames]) {
        for other in others {
            let found = other.state.withLock { $0.found }.filter { endpoints.contains($0.key) }
            state.withLock { state in
                state.found.merge(found) { $1 }
                state.accepted = state.found
            }
        }
    }

    private var endpoints: [Endpoint] { description.endpoints }

    /// The service at the current addresses; throws where one of them contradicts its options.
    func service(_ flags: Configuration) throws(SettingsError) -> Service {
        let addresses = addresses
        try description.check(addresses)
        state.withLock { state in
            state.accepted = state.found
            state.given = Set(addresses)
        }
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

    /// Looks all names up at the same time, as long as the resolver takes; throws the first failure, in their order.
    static func resolve(_ all: [UpstreamNames], on loop: EventLoop) async throws {
        let lookUps = all.flatMap { names in
            names.endpoints.map { endpoint in
                Task(executorPreference: loop) { try await names.lookUp(endpoint, within: nil, on: loop) }
            }
        }
        for lookUp in lookUps { try await lookUp.value }
    }

    /// Looks the endpoints without an address up at the same time, at most for `patience`; names that stay without one
    /// are looked up again while the gateway runs.
    static func begin(_ all: [UpstreamNames], on loop: EventLoop) async {
        await withTaskGroup { group in
            for names in all {
                group.addTask { await names.tryLook(up: names.unresolved, within: patience, on: loop) }
            }
        }
    }

    /// Refreshes all at the same time, at most for `patience`.
    static func refresh(_ all: [UpstreamNames], for gateway: Gateway, on loop: EventLoop) async {
        await withTaskGroup { group in
            for names in all { group.addTask { await names.refresh(for: gateway, within: patience, on: loop) } }
        }
    }

    /// Looks the names up again at intervals, and sooner where one has no address yet.
    func watch(for gateway: Gateway, every interval: Interval, on loop: EventLoop) async {
        var pause = Self.firstPause
        while !names.isEmpty {
            let isMissing = !unresolved.isEmpty
            await loop.sleep(until: loop.now + (isMissing ? min(pause, interval) : interval))
            pause = isMissing ? Interval(nanoseconds: 2 * min(pause, interval).nanoseconds) : Self.firstPause
            guard !Task.isCancelled else { return }
            await refresh(for: gateway, within: nil, on: loop)
        }
    }

    /// Looks the names up again and gives the gateway the changes; a failed look-up changes nothing, and neither do
    /// addresses that contradict the service's options.
    private func refresh(for gateway: Gateway, within limit: Interval?, on loop: EventLoop) async {
        await tryLook(up: names, within: limit, on: loop)
        guard !Task.isCancelled, accept() else { return }
        let addresses = addresses
        // Not what was found before: two look-ups at a time would each miss the other's change.
        let given = state.withLock { state in
            defer { state.given = Set(addresses) }
            return state.given
        }
        guard Set(addresses) != given else { return }
        await gateway.replaceAddresses(addresses, of: description.description)
        logger.notice("\(description.path): the UDP service is now at \(addresses)")
    }

    /// Checks the current addresses as the start does, and takes the former ones back where they fail; the log reports the
    /// first failure in a row.
    private func accept() -> Bool {
        do { try description.check(addresses) } catch {
            let isNews = state.withLock { state in
                state.found = state.accepted
                defer { state.isRefused = true }
                return !state.isRefused
            }
            if isNews { logger.warning("\(error); its addresses stay as they were") }
            return false
        }
        state.withLock { state in
            state.isRefused = false
            state.accepted = state.found
        }
        return true
    }

    /// The endpoints that are names.
    private var names: [Endpoint] { endpoints.filter { $0.literal == nil } }

    /// Looks endpoints up at the same time; the log reports each one's first failure in a row.
    private func tryLook(up endpoints: [Endpoint], within limit: Interval?, on loop: EventLoop) async {
        await withTaskGroup { group in
            for endpoint in endpoints {
                group.addTask {
                    do { try await self.lookUp(endpoint, within: limit, on: loop) } catch {
                        if !Task.isCancelled { self.report(error, of: endpoint) }
                    }
                }
            }
        }
    }

    private func report(_ error: any Error, of endpoint: Endpoint) {
        let (isNews, isKnown) = state.withLock { state in
            (state.failing.insert(endpoint).inserted, state.found[endpoint] != nil)
        }
        guard isNews else { return }
        logger.warning("\(error); \(isKnown ? "its addresses stay" : "requests get 503 until it has an address")")
    }

    private func lookUp(_ endpoint: Endpoint, within limit: Interval?, on loop: EventLoop) async throws {
        let number = state.withLock { state in
            state.lookUps += 1
            return state.lookUps
        }
        let addresses = try await endpoint.lookUp(within: limit, on: loop)
        state.withLock { state in
            guard number > state.answered[endpoint] ?? 0 else { return }
            state.answered[endpoint] = number
            state.found[endpoint] = addresses
            state.failing.remove(endpoint)
        }
    }
}

extension Endpoint {
    /// The addresses; only a name costs a thread, which a resolver that does not answer keeps beyond the limit.
    func lookUp(within limit: Interval?, on loop: EventLoop) async throws -> [SocketAddress] {
        if let literal { return [literal] }
        let (outcomes, outcome) = AsyncStream.makeStream(of: Result<[SocketAddress], any Error>.self)
        try Thread.start { outcome.yield(Result { try Resolver.resolve(self) }) }
        if let limit {
            Task(executorPreference: loop) {
                await loop.sleep(until: loop.now + limit)
                outcome.yield(.failure(ResolverError(endpoint: self, reason: "no answer within \(limit)")))
            }
        }
        for await outcome in outcomes { return try outcome.get() }
        // A cancelled task waits no longer.
        throw CancellationError()
    }
}
