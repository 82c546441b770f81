internal import Synchronization

/// All workers of a gateway, for the figures that they have together.
final class Census: Sendable {
    /// One worker's figures.
    struct Entry: Sendable {
        let http: HTTPCounts
        let services: [UpstreamCounts]
    }

    private let workers = Mutex<[Worker]>([])

    /// Adds a worker.
    func enter(_ worker: Worker) {
        workers.withLock { $0.append(worker) }
    }

    /// Asks each worker for its figures, on its own loop.
    func take() async -> [Entry] {
        var entries: [Entry] = []
        for worker in workers.withLock({ $0 }) { entries.append(await worker.figures) }
        return entries
    }
}
