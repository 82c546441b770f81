@testable import Noise
import EventLoop
import System
import TestSupport
import Testing

@testable import Datagrams

@Suite("Noise: proxy")
struct NoiseProxyTests {
    @Test("nothing set passes every size on unchanged, the empty datagram too")
    func transparent() async throws {
        try await withNoise { noise, client, _ in
            for size in [0, 1, 52, 1400, 9000, 65_507] {
                let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
                try client.send(bytes)
                #expect(try await client.receive() == bytes)
            }
            let counts = await noise.proxy.counts
            var expected = NoiseCounts()
            expected.received = 6
            expected.sent = 6
            #expect(counts == BothWays(expected))
        }
    }

    @Test("every client gets its own replies")
    func clients() async throws {
        try await onLoop { loop in
            let server = try RunningServer(Uppercase(), on: loop)
            let noise = try RunningNoise(to: server.address, on: loop)
            let clients = try (0..<20).map { _ in try HandClient(to: noise.proxy.address, on: loop) }
            for round in 0..<5 {
                for (number, client) in clients.enumerated() { try client.send("client \(number) round \(round)") }
                for (number, client) in clients.enumerated() {
                    #expect(try await client.receiveText() == "CLIENT \(number) ROUND \(round)")
                }
            }
            #expect(await noise.proxy.clientCount == 20)
            try await noise.stop()
            try await server.stop()
        }
    }

    /// The clients are connected, and would not hear a reply from another address.
    @Test("a reply comes from the address that was asked", arguments: ["127.0.0.1", "127.0.0.2"])
    func wildcard(asked: String) async throws {
        try await onLoop { loop in
            let server = try RunningServer(Echo(), on: loop)
            let noise = try RunningNoise(to: server.address, host: "0.0.0.0", on: loop)
            let address = try #require(SocketAddress(asked, port: noise.proxy.address.port))
            let client = try HandClient(to: address, on: loop)
            for number in 0..<3 {
                try client.send("\(number)")
                #expect(try await client.receiveText() == "\(number)")
            }
            #expect(await noise.proxy.clientCount == 1)
            try await noise.stop()
            try await server.stop()
        }
    }

    @Test("does to each datagram what its seed says, each way", arguments: [1, 7, 99] as [UInt64])
    func predicted(seed: UInt64) async throws {
        try await onLoop { loop in
            var settings = BothWays(NoiseImpairmentTests.lively)
            settings.toClient.loss = percent(25)
            for direction in NoiseDirection.allCases {
                settings[direction].reorder = .never
                settings[direction].delay = Interval(nanoseconds: 0)
                settings[direction].jitter = Interval(nanoseconds: 0)
            }
            let server = try RunningServer(Echo(), on: loop)
            let noise = try RunningNoise(to: server.address, seed: seed, settings, on: loop)
            let client = try HandClient(to: noise.proxy.address, on: loop)
            let sent = (0..<200).map { Array("datagram \($0) of the test".utf8) }
            let arriving = through(sent, seed: seed, .toServer, settings.toServer)
            let returning = through(arriving, seed: seed, .toClient, settings.toClient)
            #expect(arriving != sent && returning != arriving)
            for datagram in sent { try client.send(datagram) }
            for datagram in returning { #expect(try await client.receive() == datagram) }
            let counts = await noise.proxy.counts
            for direction in NoiseDirection.allCases { expectNothingUnaccounted(counts[direction]) }
            #expect(counts.toServer.received == 200 && counts.toServer.sent == arriving.count)
            #expect(counts.toClient.received == arriving.count && counts.toClient.sent == returning.count)
            try await noise.stop()
            try await server.stop()
        }
    }

    @Test("loses everything at 100 %, and nothing any more once that is taken back while it runs")
    func changing() async throws {
        try await withNoise(settings: { $0.toServer.loss = .always }) { noise, client, _ in
            for number in 0..<50 { try client.send("lost \(number)") }
            #expect(await noise.events(50).allSatisfy { $0.passage.first == nil })
            var expected = BothWays(NoiseSettings())
            expected.toServer.loss = .always
            #expect(noise.proxy.settings == expected)
            noise.proxy.settings.toServer.loss = .never
            try client.send("found")
            #expect(try await client.receiveText() == "found")
            #expect(await noise.proxy.counts.toServer.lost == 50)
        }
    }

    @Test("what is held back is overtaken")
    func reorders() async throws {
        let reorders: (inout BothWays<NoiseSettings>) -> Void = {
            ($0.toServer.reorder, $0.toServer.reorderDelay) = (.always, .seconds(1))
        }
        try await withNoise(settings: reorders) { noise, client, _ in
            try client.send("first")
            _ = await noise.events(1)
            noise.proxy.settings.toServer.reorder = .never
            try client.send("second")
            #expect(try await client.receiveText() == "second")
            #expect(await noise.proxy.counts.toServer.held == 1)
            #expect(try await client.receiveText() == "first")
            #expect(await noise.proxy.counts.toServer.held == 0)
        }
    }

    @Test("every delayed datagram arrives, and with one delay for all in the order in which they came")
    func delays() async throws {
        let delays: (inout BothWays<NoiseSettings>) -> Void = {
            ($0.toServer.delay, $0.toClient.delay) = (.milliseconds(20), .milliseconds(5))
        }
        try await withNoise(settings: delays) { noise, client, _ in
            let start = MonotonicTime.now()
            for number in 0..<100 { try client.send("datagram \(number)") }
            for number in 0..<100 { #expect(try await client.receiveText() == "datagram \(number)") }
            #expect(MonotonicTime.now().since(start) >= .milliseconds(25))
            noise.proxy.settings.toServer.jitter = .milliseconds(20)
            let sent = Set((0..<100).map { "datagram \($0)" })
            for text in sent { try client.send(text) }
            var received: Set<String> = []
            for _ in sent { received.insert(try #require(try await client.receiveText())) }
            #expect(received == sent)
        }
    }

    @Test("loses nothing itself: 20,000 datagrams, 64 at a time, all there and in order")
    func loses() async throws {
        try await withNoise { noise, client, _ in
            for number in 0..<64 { try client.send("\(number)") }
            for number in 0..<20_000 {
                guard try await client.receiveText() == "\(number)" else {
                    Issue.record("datagram \(number) did not come next")
                    break
                }
                if number + 64 < 20_000 { try client.send("\(number + 64)") }
            }
            let counts = await noise.proxy.counts
            #expect(counts.toServer.sent == 20_000 && counts.toClient.sent == 20_000)
            #expect(counts.toServer.unseen == 0 && counts.toClient.unseen == 0)
        }
    }
}

/// The output of one direction without delays.
private func through(
    _ datagrams: [[UInt8]], seed: UInt64, _ direction: NoiseDirection, _ settings: NoiseSettings
) -> [[UInt8]] {
    var impairment = NoiseImpairment(seed: seed, direction: direction)
    return datagrams.flatMap { datagram in
        let passage = impairment.next(size: datagram.count, under: settings)
        return [passage.first, passage.second].compactMap { $0?.applied(to: datagram.span) }
    }
}

/// Every datagram and every double of one went somewhere.
func expectNothingUnaccounted(_ counts: NoiseCounts) {
    #expect(
        counts.received + counts.duplicated == counts.lost + counts.sent + counts.held + counts.rejected
            + counts.overflowed + counts.failed)
}
