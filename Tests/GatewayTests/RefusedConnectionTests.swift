import EventLoop
import System
import Testing

@testable import Gateway

/// Connections beyond the limit: each gets a response that its client can read.
@Suite(.timeLimit(.minutes(1))) struct RefusedConnectionTests {
    /// A client that is refused and still sends can read why: the connection ends in stages (RFC 9112 9.6).
    @Test func theRefusalOfAConnectionCanBeRead() async throws {
        let configuration = Configuration.with { ($0.workers, $0.maxConnections) = (1, 1) }
        try await withGateway(configuration) { fixture, loop in
            let first = try LoopCaller(fixture.address, on: loop)
            try first.send("GET / HT")
            let refused = try LoopCaller(fixture.address, on: loop)
            #expect(await refused.wait(for: "All connections are in use."))
            #expect(
                refused.text.contains("\r\nRetry-After: 1\r\n") && refused.text.contains("\r\nConnection: close\r\n"))
            for _ in 0..<3 {
                try refused.send([UInt8](repeating: 97, count: 16_384))
                await loop.sleep(until: loop.now + .milliseconds(5))
            }
            refused.socket.shutDownSending()
            _ = await refused.readAll()
            #expect(!refused.isReset)
        }
    }

    /// Refused connections that wait for their client's end are bounded: further ones are closed at once.
    @Test(arguments: [Configuration.mostRefused, Configuration.mostRefused + 1])
    func refusedConnectionsAreBounded(count: Int) async throws {
        var configuration = Configuration()
        (configuration.workers, configuration.maxConnections) = (1, 1)
        configuration.lingerTimeout = .seconds(3600)
        try await withGateway(configuration) { fixture, loop in
            let first = try LoopCaller(fixture.address, on: loop)
            try first.send("GET / HT")
            var refused: [LoopCaller] = []
            for _ in 0..<count {
                let caller = try LoopCaller(fixture.address, on: loop)
                #expect(await caller.wait(for: "All connections are in use."))
                refused.append(caller)
            }
            _ = await refused.last?.readAll()
            let counts = await fixture.gateway.workers[0].counts.http
            #expect(counts.open == 1 && counts.rejected == count)
            // Bytes to a closed socket are answered with a reset.
            for _ in 0..<3 {
                _ = try? refused[count - 1].socket.send([97].span)
                await loop.sleep(until: loop.now + .milliseconds(5))
            }
            #expect(await refused[count - 1].isAnsweredWithReset == (count > Configuration.mostRefused))
            for caller in refused { caller.socket.shutDownSending() }
        }
    }
}
