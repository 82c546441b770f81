import CurlClient
import Foundation
import Synchronization

/// Makes all requests, `concurrency` at a time, and returns their outcomes in the same order.
///
/// That many threads, each with a connection of its own, take the requests in turns.
func performAll(_ requests: [CurlRequest], concurrency: Int) -> [Result<CurlResponse, CurlError>] {
    let outcomes = Mutex<[Int: Result<CurlResponse, CurlError>]>([:])
    let threads = DispatchGroup()
    for first in 0..<concurrency {
        threads.enter()
        Thread.detachNewThread {
            let client = CurlClient()
            for index in stride(from: first, to: requests.count, by: concurrency) {
                let outcome = Result { () throws(CurlError) in try client.perform(requests[index]) }
                outcomes.withLock { $0[index] = outcome }
            }
            threads.leave()
        }
    }
    threads.wait()
    return outcomes.withLock { outcomes in requests.indices.compactMap { outcomes[$0] } }
}
