import EventLoop
import Glibc
import Sockets
import Testing

@testable import Gateway

/// The ring with real sockets, on a loop that is held up.
@Suite(.timeLimit(.minutes(1))) struct ExchangeSocketsTests {
    /// A socket that is given back at the end of a long turn has only just begun to rest.
    @Test func restBeginsWhenTheExchangeEnds() async throws {
        let loop = try EventLoop()
        try loop.start()
        defer { loop.stop() }
        let peer = try DatagramSocket(boundTo: try #require(SocketAddress("127.0.0.1", port: 0)))
        let address = try peer.localAddress()
        let numbers = try await Task(executorPreference: loop) {
            let ring = SocketRing(capacity: 2, rest: .seconds(1), quarantine: .seconds(30))
            let sockets = ExchangeSockets(to: address, ring: ring, loop: loop)
            let first = try #require(try sockets.takeNow())
            await loop.sleep(until: loop.now + .milliseconds(1))
            // The machine has other things to do.
            usleep(1_100_000)
            sockets.giveBack(first, .settled, at: .now())
            // Several turns, so that the loop has seen everything since.
            for _ in 0..<3 { await loop.sleep(until: loop.now + .milliseconds(1)) }
            return [first.index, try #require(try sockets.takeNow()).index]
        }.value
        #expect(numbers == [0, 1])
    }
}
