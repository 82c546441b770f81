import EventLoop
import System
import Testing

@testable import Gateway

/// Connections that a full worker leaves to another one: the end of the gateway waits for none of them at the first.
@Suite(.timeLimit(.minutes(1))) struct PassedOnConnectionTests {
    private static var configuration: Configuration {
        var configuration = Configuration()
        (configuration.workers, configuration.maxConnections) = (2, 1)
        return configuration
    }

    /// The only place has an idle connection of another worker, which takes the new connection over.
    @Test func theDrainEndsWithAConnectionThatHasChangedWorkers() async throws {
        try await withGateway(Self.configuration) { fixture, loop in
            let workers = fixture.gateway.workers
            let idle = try LoopCaller(fixture.address, on: loop)
            try idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(await idle.wait(for: "<p>page"))
            let moved = try LoopCaller(fixture.address, on: loop)
            try moved.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel")
            _ = await idle.readAll()
            var (accepted, open) = ([0, 0], [0, 0])
            while open.reduce(0, +) != 1 || accepted != [1, 1] {
                (accepted, open) = ([], [])
                for worker in workers {
                    let counts = await worker.counts.http
                    accepted.append(counts.accepted)
                    open.append(counts.open)
                }
            }
            #expect(workers.map(\.load.used) == open)
            await fixture.drain()
            try moved.send("lo")
            #expect(await moved.wait(for: "HELLO"))
            // The fixture waits for the gateway's end.
            _ = await moved.readAll()
        }
    }

    /// A worker that only waits for a connection on its way learns that the connection has gone to another one.
    @Test func aWorkerThatDrainsIsWokenByWhatItPassesOn() async throws {
        try await withGateway(Self.configuration) { fixture, _ in
            let worker = fixture.gateway.workers[0]
            #expect(worker.load.take())
            await fixture.drain()
            // By now the worker waits for its last connection.
            for _ in 0..<3 { await worker.checkAlive() }
            // The fixture waits for the gateway's end.
            await worker.passOn()
        }
    }
}
