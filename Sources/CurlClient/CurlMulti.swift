internal import CCurl

/// A client that makes many requests at once, on one thread, through curl's multi interface.
///
/// Its connections stay open between requests, and between calls. It belongs to one thread at a time.
package final class CurlMulti {
    private let multi = MultiHandle()

    /// Makes a client; it connects at the first request.
    package init() {}

    /// Makes all the requests, at most `concurrency` of them at once, and returns their outcomes in the same order.
    package func performAll(_ requests: [CurlRequest], concurrency: Int) -> [Result<CurlResponse, CurlError>] {
        precondition(concurrency > 0, "without a transfer nothing gets done")
        let width = min(concurrency, requests.count)
        // Otherwise, CURLMOPT_MAXCONNECTS(3), curl closes idle connections as the last transfers run out.
        multi.set(CURLMOPT_MAXCONNECTS, max(1, width))
        var batch = Batch(requests, width: width)
        while true {
            batch.start(on: multi)
            if batch.isDone { return batch.outcomes }
            multi.perform()
            if !batch.collect(from: multi) { multi.wait() }
        }
    }
}

/// The requests of one call: the waiting ones, those under way, and the outcomes.
private struct Batch {
    private let requests: [CurlRequest]
    private var next = 0
    private var idle: [Transfer]
    private var running: [EasyHandle.Identity: (request: Int, transfer: Transfer)] = [:]
    private var ended: [Int: Result<CurlResponse, CurlError>] = [:]

    init(_ requests: [CurlRequest], width: Int) {
        self.requests = requests
        idle = (0..<width).map { _ in Transfer() }
    }

    var isDone: Bool { ended.count == requests.count }

    /// The outcomes, in the order of the requests.
    var outcomes: [Result<CurlResponse, CurlError>] {
        requests.indices.compactMap { ended[$0] }
    }

    /// Starts the next requests, as many as there are idle transfers.
    mutating func start(on multi: borrowing MultiHandle) {
        while next < requests.count, let transfer = idle.popLast() {
            transfer.prepare(requests[next])
            multi.add(transfer.easy)
            running[transfer.easy.identity] = (next, transfer)
            next += 1
        }
    }

    /// Collects the finished transfers; false when there was none.
    mutating func collect(from multi: borrowing MultiHandle) -> Bool {
        var found = false
        while let (easy, code) = multi.nextFinished() {
            guard let (request, transfer) = running.removeValue(forKey: easy) else {
                preconditionFailure("curl finished a transfer that was not started")
            }
            multi.remove(transfer.easy)
            ended[request] = transfer.outcome(code)
            idle.append(transfer)
            found = true
        }
        return found
    }
}
