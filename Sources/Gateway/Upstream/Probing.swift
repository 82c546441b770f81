internal import EventLoop
internal import System

extension Upstream {
    /// Tests whether each backend is alive, all at the same time, with the operator's datagram: any reply counts.
    func probe(with datagram: [UInt8]) async {
        guard !backends.isEmpty else { return }
        await withCheckedContinuation { continuation in
            let probes = Probes(backends.count, continuation)
            for backend in backends {
                let failure = takeSpare().begin(
                    datagram.span, timeout: configuration.timeout, attempts: 1, trace: nil, only: backend, for: probes)
                if let failure { probes.finished(.failure(failure)) }
            }
        }
    }
}

/// Waits for the ends of the probes of a round.
private final class Probes: ExchangeHandler {
    private var underWay: Int
    private let continuation: CheckedContinuation<Void, Never>

    init(_ count: Int, _ continuation: CheckedContinuation<Void, Never>) {
        (underWay, self.continuation) = (count, continuation)
    }

    func finished(_ outcome: Result<Reply, GatewayError>) {
        underWay -= 1
        if underWay == 0 { continuation.resume() }
    }
}
