internal import System

/// One payload to all addresses of a service at once: an exchange with each of them, whose replies go into one
/// collection.
///
/// Each counts as an exchange of its own. The answer is complete when all have ended, or when the collection is full.
final class FanOut: ExchangeHandler {
    private let collection: ReplyCollection
    private let upstream: Upstream
    private let handler: any ExchangeHandler
    /// The best outcome of the exchanges that have ended.
    private var outcome: Result<Reply, GatewayError>?

    init(into collection: ReplyCollection, of upstream: Upstream, for handler: any ExchangeHandler) {
        self.collection = collection
        self.upstream = upstream
        self.handler = handler
    }

    /// Begins an exchange with each address; returns the failure where none is under way.
    ///
    /// - `beginOne`: begins one; returns the failure where it ends at once.
    func begin(among backends: [Backend], beginOne: (Backend) -> GatewayError?) -> GatewayError? {
        for backend in backends {
            if let failure = beginOne(backend) { take(.failure(failure)) }
        }
        guard collection.exchanges.isEmpty, case .failure(let failure) = outcome else { return nil }
        return failure
    }

    /// One of the exchanges has ended.
    func finished(_ outcome: Result<Reply, GatewayError>) {
        if isAnswer(outcome) {
            collection.abandon()
            return handler.finished(outcome)
        }
        take(outcome)
        guard collection.exchanges.isEmpty, let best = self.outcome else { return }
        if case .failure(let failure) = best { upstream.record(failure) }
        handler.finished(counted(best))
    }

    /// A reply counts more than one for which there was no room, that more than silence, and silence more than an
    /// unreachable address.
    private static func rank(of outcome: Result<Reply, GatewayError>) -> Int {
        switch outcome {
        case .success: 3
        case .failure(.replyTooLong), .failure(.noRoomForReplies): 2
        case .failure(.silent): 1
        case .failure: 0
        }
    }

    /// An outcome with the datagrams of all exchanges.
    private func counted(_ outcome: Result<Reply, GatewayError>) -> Result<Reply, GatewayError> {
        guard case .failure(.silent(let time, _, let isHeldBack)) = outcome else { return outcome }
        return .failure(.silent(after: time, attempts: collection.attempts, isHeldBack: isHeldBack))
    }

    /// Whether no later reply belongs to the answer.
    private func isAnswer(_ outcome: Result<Reply, GatewayError>) -> Bool {
        switch outcome {
        case .success: collection.policy.isSingle || collection.isFull
        case .failure(.replyTooLong): collection.policy.isSingle
        case .failure: false
        }
    }

    /// Keeps the better outcome.
    private func take(_ other: Result<Reply, GatewayError>) {
        if outcome.map({ Self.rank(of: other) >= Self.rank(of: $0) }) ?? true { outcome = other }
        switch other {
        case .success, .failure(.silent): break
        case .failure: collection.noteMissing()
        }
    }
}
