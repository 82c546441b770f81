@testable import Noise
import Datagrams
import EventLoop
import System
import TestSupport
import Testing

@Suite("Noise: limits and failures")
struct NoiseLimitTests {
    @Test("serves as many clients as the limit says, and for one more forgets the one quiet longest")
    func clients() async throws {
        try await withNoise(limits: { $0.clients = 2 }) { noise, _, loop in
            // The first one closes its socket, as a gateway does with one that has rested too long.
            for number in 0..<3 {
                let client = try HandClient(to: noise.proxy.address, on: loop)
                try client.send("\(number)")
                #expect(try await client.receiveText() == "\(number)")
            }
            let counts = await noise.proxy.counts
            #expect(counts.toServer.rejected == 0 && counts.toServer.sent == 3)
            #expect(await noise.proxy.clientCount == 2)
            expectNothingUnaccounted(counts.toServer)
        }
    }

    @Test("rejects one more client while datagrams of all others are under way")
    func heldClients() async throws {
        try await withNoise(
            settings: { $0.toServer.delay = .seconds(3000) }, limits: { $0.clients = 2 }
        ) { noise, _, loop in
            let clients = try (0..<3).map { _ in try HandClient(to: noise.proxy.address, on: loop) }
            for client in clients { try client.send("hello") }
            #expect(await eventually(on: loop) { await noise.proxy.counts.toServer.received == 3 })
            let counts = await noise.proxy.counts
            #expect(counts.toServer.rejected == 1 && counts.toServer.held == 2)
            let events = await noise.events(3).map { "\($0)" }
            #expect(events.count { $0.hasSuffix(" to server, 5 bytes: rejected") } == 1, "\(events)")
            #expect(await noise.proxy.clientCount == 2)
            expectNothingUnaccounted(counts.toServer)
        }
    }

    @Test("forgets a quiet client, whether or not another wants its place")
    func expiry() async throws {
        try await withNoise(limits: { ($0.clients, $0.idle) = (1, .seconds(1)) }) { noise, _, loop in
            let first = try HandClient(to: noise.proxy.address, on: loop)
            try first.send("first")
            #expect(try await first.receiveText() == "first")
            #expect(await noise.proxy.clientCount == 1)
            #expect(await eventually(on: loop) { await noise.proxy.clientCount == 0 })
            let second = try HandClient(to: noise.proxy.address, on: loop)
            try second.send("second")
            #expect(try await second.receiveText() == "second")
        }
    }

    @Test("keeps a client whose datagram is under way, and until its reply can have come")
    func heldBeyondIdle() async throws {
        try await withNoise(
            settings: { ($0.toServer.delay, $0.toClient.delay) = (.milliseconds(600), .milliseconds(600)) },
            limits: { $0.idle = .milliseconds(200) }
        ) { noise, client, loop in
            try client.send("hello")
            #expect(try await client.receiveText() == "hello")
            #expect(await eventually(on: loop) { await noise.proxy.clientCount == 0 })
        }
    }

    @Test("holds as many bytes as the limit says; what comes then is lost and counted")
    func heldBytes() async throws {
        try await withNoise(
            settings: { $0.toServer.delay = .milliseconds(500) }, limits: { $0.heldBytes = 1000 }
        ) { noise, client, _ in
            for number in 0..<3 { try client.send([UInt8](repeating: UInt8(number), count: 350)) }
            for number in 0..<2 {
                #expect(try await client.receive() == [UInt8](repeating: UInt8(number), count: 350))
            }
            let counts = await noise.proxy.counts
            #expect(counts.toServer.overflowed == 1 && counts.toServer.sent == 2)
            let events = await noise.events(5).filter { $0.direction == .toServer }.map { "\($0)" }
            #expect(events.count == 3 && events[2].hasSuffix(" to server #3, 350 bytes: overflowed"), "\(events)")
            expectNothingUnaccounted(counts.toServer)
        }
    }

    @Test("counts refusals, and goes on when a server listens")
    func refused() async throws {
        try await onLoop { loop in
            let former = try RunningServer(Echo(), on: loop)
            let noise = try RunningNoise(to: former.address, on: loop)
            let client = try HandClient(to: noise.proxy.address, on: loop)
            try await former.stop()
            try client.send("refused")
            #expect(await eventually(on: loop) { await noise.proxy.counts.toServer.refused == 1 })
            let server = try RunningServer(Echo(), at: former.address, on: loop)
            try client.send("served")
            #expect(try await client.receiveText() == "served")
            expectNothingUnaccounted(await noise.proxy.counts.toServer)
            try await noise.stop()
            try await server.stop()
        }
    }

    /// The report comes while the second datagram waits, and so the call that sends that one tells of it.
    @Test(
        "sends a datagram although the network reports an earlier one", .timeLimit(.minutes(1)),
        .enabled(if: RawSender.isAllowed, "CAP_NET_RAW is missing"))
    func reported() async throws {
        try await onLoop { loop in
            let server = try TestClient()
            let watch = try server.watch(on: loop)
            let noise = try RunningNoise(to: server.address, on: loop)
            let client = try HandClient(to: noise.proxy.address, on: loop)
            try client.send("first")
            var batch = DatagramBatch()
            while try batch.receive(from: server.socket) == 0 { _ = await watch.readable() }
            var link: SocketAddress?
            batch.forEach { sender, _, _ in link = sender }
            try client.send("second")
            let isSent = RawSender().forbid(from: try #require(link).port, to: server.address.port)
            try #require(isSent)
            #expect(try await server.next(watch, on: loop) == Array("second".utf8))
            #expect(await noise.proxy.counts.toServer.sent == 2)
            #expect(await noise.proxy.counts.toServer.failed == 0)
            try await noise.stop()
        }
    }

    @Test(
        "goes on to the server's next address where one refuses, with the datagram that was refused", arguments: [1, 2])
    func nextAddress(before: Int) async throws {
        try await onLoop { loop in
            let gone = try (0..<before).map { try HandClient.closedAddress("127.0.0.\(80 + $0)") }
            let server = try RunningServer(Echo(), on: loop)
            let noise = try RunningNoise(to: gone + [server.address], on: loop)
            for round in 0..<2 {
                let client = try HandClient(to: noise.proxy.address, on: loop)
                for number in 0..<2 {
                    try client.send("\(round) \(number)")
                    #expect(try await client.receiveText() == "\(round) \(number)")
                }
            }
            // Only the first datagram was refused; the second client begins where the first one got its reply.
            let counts = await noise.proxy.counts
            #expect(counts.toServer.refused == before && counts.toServer.sent == 4)
            #expect(await noise.proxy.clientCount == 2)
            expectNothingUnaccounted(counts.toServer)
            try await noise.stop()
            try await server.stop()
        }
    }

    @Test("the datagram before the one that learns of a refusal goes to the next address, too")
    func burstToTheNextAddress() async throws {
        try await onLoop { loop in
            let server = try RunningServer(Echo(), on: loop)
            let noise = try RunningNoise(
                to: [try HandClient.closedAddress("127.0.0.80"), server.address], on: loop)
            let client = try HandClient(to: noise.proxy.address, on: loop)
            // They are taken in one batch.
            for number in 0..<3 { try client.send("\(number)") }
            let texts = [try await client.receiveText(), try await client.receiveText()]
            #expect(texts == ["1", "2"])
            try await noise.stop()
            try await server.stop()
        }
    }

    /// Runs a test's program behind an address that refuses the first datagram, while the second one is held.
    private func whileHeld(
        for time: Interval, _ program: @escaping @Sendable (RunningNoise, HandClient, EventLoop) async throws -> Void
    ) async throws {
        try await onLoop { loop in
            let server = try RunningServer(Echo(), on: loop)
            var (settings, limits) = (BothWays(NoiseSettings()), NoiseProxy.Limits())
            settings.toServer.delay = .milliseconds(50)
            limits.clients = 1
            let noise = try RunningNoise(
                to: [try HandClient.closedAddress("127.0.0.80"), server.address], settings: settings, limits: limits,
                on: loop)
            let client = try HandClient(to: noise.proxy.address, on: loop)
            try client.send("first")
            _ = await noise.events(1)
            noise.proxy.settings.toServer.delay = time
            try client.send("second")
            _ = await noise.events(1)
            #expect(try await client.receiveText() == "first")
            try await program(noise, client, loop)
            try await noise.stop()
            try await server.stop()
        }
    }

    @Test("a datagram that is held for an address which refuses meanwhile goes to the next one")
    func heldMeanwhile() async throws {
        try await whileHeld(for: .milliseconds(500)) { noise, client, _ in
            let text = try await client.receiveText()
            #expect(text == "second")
            let counts = await noise.proxy.counts.toServer
            #expect(counts.refused == 1 && counts.sent == 2 && counts.held == 0)
        }
    }

    @Test("a client keeps its place while a datagram of its own is held, whatever address that was for")
    func heldPlace() async throws {
        try await whileHeld(for: .seconds(3000)) { noise, _, loop in
            try HandClient(to: noise.proxy.address, on: loop).send("other")
            // The first one's reply is an event, too.
            _ = await noise.events(2)
            let counts = await noise.proxy.counts.toServer
            #expect(counts.rejected == 1 && counts.held == 1)
        }
    }

    @Test("counts each refusal once where all of the server's addresses refuse")
    func noAddress() async throws {
        try await onLoop { loop in
            let gone = try (0..<3).map { try HandClient.closedAddress("127.0.0.\(80 + $0)") }
            let noise = try RunningNoise(to: gone, on: loop)
            let client = try HandClient(to: noise.proxy.address, on: loop)
            for number in 1...2 {
                try client.send("\(number)")
                #expect(await eventually(on: loop) { await noise.proxy.counts.toServer.refused == 3 * number })
            }
            #expect(await noise.proxy.counts.toServer.sent == 2)
            try await noise.stop()
        }
    }

    @Test("a refusal that a send reports does not cost the datagram that was to be sent")
    func refusedBurst() async throws {
        try await onLoop { loop in
            let former = try RunningServer(Echo(), on: loop)
            let noise = try RunningNoise(to: former.address, on: loop)
            let client = try HandClient(to: noise.proxy.address, on: loop)
            try await former.stop()
            // They are taken in one batch, so that each send meets the report of the one before.
            for number in 0..<20 { try client.send("\(number)") }
            _ = await noise.events(20)
            #expect(await eventually(on: loop) { await noise.proxy.counts.toServer.refused == 20 })
            let counts = await noise.proxy.counts.toServer
            #expect(counts.sent == 20 && counts.failed == 0)
            try await noise.stop()
        }
    }

    @Test("stops at once with datagrams under way, and says how many")
    func stops() async throws {
        try await withNoise(settings: { $0.toServer.delay = .seconds(3000) }) { noise, client, _ in
            for number in 0..<5 { try client.send("\(number)") }
            _ = await noise.events(5)
            try await noise.stop()
            let counts = await noise.proxy.counts
            #expect(counts.toServer.held == 5 && counts.toServer.sent == 0)
            #expect(counts.description.contains("still held             5           0"))
        }
    }
}
