import EventLoop
import Glibc
import System
import Testing

@testable import Gateway

/// No socket was free.
private struct NoSocket: Error {}

/// The pool with real sockets, on a loop that is held up.
@Suite(.timeLimit(.minutes(1))) struct ExchangeSocketPoolTests {
    /// A socket that is given back at the end of a long turn has only just begun to rest.
    @Test func restBeginsWhenTheExchangeEnds() async throws {
        let loop = try EventLoop()
        try loop.start()
        defer { loop.stop() }
        let peer = try DatagramSocket(boundTo: try #require(SocketAddress("127.0.0.1", port: 0)))
        let address = try peer.localAddress()
        let numbers = try await Task(executorPreference: loop) {
            let configuration = Configuration.with { ($0.maxSockets, $0.minSockets, $0.rest) = (2, 1, .seconds(1)) }
            let upstream = Upstream(
                configuration: configuration, limits: SharedLimits(configuration),
                replies: ReplyBuffer(), loop: loop)
            upstream.replaceAddresses([address])
            let pool = upstream.backends[0].sockets
            let exchange = Exchange(upstream: upstream)
            func take() throws -> ExchangeSocket {
                guard case .socket(let socket) = pool.take(for: exchange, isNew: false) else { throw NoSocket() }
                return socket
            }
            let first = try take()
            await loop.sleep(until: loop.now + .milliseconds(1))
            // The machine has other things to do.
            usleep(1_100_000)
            pool.giveBack(first, .settled, at: .now())
            // Several iterations, so that the loop has seen everything since.
            for _ in 0..<3 { await loop.sleep(until: loop.now + .milliseconds(1)) }
            let numbers = [first.index, try take().index]
            upstream.close()
            return numbers
        }.value
        #expect(numbers == [0, 1])
    }

    /// One address may open all of `minSockets`, also where its part is a quarter; another one has its part then.
    @Test func theSpreadIsTheGateways() async throws {
        let configuration = patientConfiguration { ($0.minSockets, $0.workers, $0.rest) = (8, 4, .seconds(0)) }
        try await withUpstream(configuration, peers: 2) { upstream, peers in
            for (peer, count) in zip(peers, [8, 2]) {
                await upstream.move(to: [peer.address])
                var ports: Set<UInt16> = []
                for _ in 0..<12 {
                    async let answer = upstream.exchange("a")
                    let letter = try await peer.receive()
                    ports.insert(letter.sender.port)
                    try await peer.send("b", to: letter.sender)
                    _ = try await answer
                    // Several iterations, so that the loop has seen the end of the exchange.
                    for _ in 0..<3 { await upstream.waitForReport(.milliseconds(1)) }
                }
                #expect(ports.count == count)
            }
        }
    }
}
