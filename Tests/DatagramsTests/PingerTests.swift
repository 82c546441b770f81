import Noise
@testable import Ping
import EventLoop
import Glibc
import System
import Synchronization
import TestSupport
import Testing

@testable import Datagrams

@Suite("Pinger")
struct PingerTests {
    @Test("measures an echoing and an upper-casing service", arguments: [0, 1] as [UInt64], [true, false])
    func measures(interval: UInt64, echoes: Bool) async throws {
        try await onLoop { loop in
            let server = try RunningServer(echoes ? Echo() : Uppercase(), on: loop)
            let (report, events) = try await ping(
                server.address, .init(count: 50, interval: .milliseconds(interval), timeout: .seconds(10)), on: loop)
            #expect(report.sent == 50 && report.received == 50 && report.lossPercentage == 0)
            #expect(report.duplicates + report.late + report.foreign + report.refused == 0)
            #expect(events.map(\.number) == Array(1...50))
            let minimum = try #require(report.minimum)
            let median = try #require(report.percentile(50))
            #expect(minimum.nanoseconds > 0 && minimum <= median && median <= (report.maximum ?? minimum))
            try await server.stop()
        }
    }

    @Test("what is no echo is foreign, and the probe times out")
    func foreign() async throws {
        try await onLoop { loop in
            let server = try RunningServer(try #require(LetterCount(letter: "s")), on: loop)
            let (report, events) = try await ping(
                server.address, .init(count: 2, interval: .milliseconds(1), timeout: .seconds(1)), on: loop)
            #expect(report.foreign == 2 && report.received == 0 && report.lossPercentage == 100)
            #expect(events.filter { $0.kind == .foreign }.count == 2)
            #expect(events.suffix(2).map(\.kind) == [.timedOut(number: 1), .timedOut(number: 2)])
            try await server.stop()
        }
    }

    @Test("reports a closed port at once")
    func refused() async throws {
        try await onLoop { loop in
            let former = try RunningServer(Echo(), on: loop)
            try await former.stop()
            let (report, events) = try await ping(
                former.address, .init(count: 3, interval: .milliseconds(50), timeout: .seconds(3000)), on: loop)
            #expect(report.refused == 3 && report.received == 0 && report.lossPercentage == 100)
            #expect(events.map(\.kind) == (1...3).map { .refused(number: $0) })
        }
    }

    /// A router that forbids the way reports the first probe (ICMP); the second one is answered.
    @Test(
        "a report of the network ends its probe, and no other", .timeLimit(.minutes(1)),
        .enabled(if: RawSender.isAllowed, "CAP_NET_RAW is missing"))
    func reported() async throws {
        try await onLoop { loop in
            let server = try TestClient()
            let answering = Task(executorPreference: loop) {
                let watch = try server.watch(on: loop)
                var batch = DatagramBatch()
                var client: SocketAddress?
                while try batch.receive(from: server.socket) == 0 { _ = await watch.readable() }
                batch.forEach { sender, _, _ in client = sender }
                let isSent = RawSender().forbid(from: try #require(client).port, to: server.address.port)
                try #require(isSent)
                while try server.answer({ $0 }) == 0 { _ = await watch.readable() }
            }
            let (report, events) = try await ping(
                server.address, .init(count: 2, interval: .milliseconds(50), timeout: .seconds(20)), on: loop)
            try await answering.value
            #expect(report.sent == 2 && report.received == 1 && report.failed == 1, "\(report)")
            #expect(events.map(\.number) == [1, 2])
            guard case .failed(_, let error) = events.first?.kind else {
                Issue.record("\(events)")
                return
            }
            #expect(error.reason.code == EHOSTUNREACH)
        }
    }

    @Test("loses through the noise exactly what the seed says")
    func loss() async throws {
        try await withNoise(settings: { $0.toServer.loss = percent(15) }) { noise, _, loop in
            let (report, events) = try await ping(
                noise.proxy.address, .init(count: 20, interval: Interval(nanoseconds: 0), timeout: .seconds(1)),
                on: loop)
            let impairment = NoiseImpairment(seed: 7, direction: .toServer)
            let lost = (1...20).filter {
                impairment.passage(of: UInt64($0), size: 56, under: noise.proxy.settings.toServer).first == nil
            }
            #expect(!lost.isEmpty)
            #expect(events.filter { $0.kind == .timedOut(number: $0.number) }.map(\.number) == lost)
            #expect(report.received == 20 - lost.count && report.late == 0)
        }
    }

    @Test("doubles are duplicates, and damage is foreign")
    func duplicates() async throws {
        try await withNoise(settings: { $0.toServer.duplicate = .always }) { noise, _, loop in
            let (report, _) = try await ping(
                noise.proxy.address, .init(count: 20, interval: .milliseconds(20), timeout: .seconds(1)), on: loop)
            // The last probe's double may come after the end of the wait.
            #expect(report.received == 20 && (19...20).contains(report.duplicates))
            noise.proxy.settings.toServer.duplicate = .never
            noise.proxy.settings.toClient.corrupt = .always
            let (damaged, _) = try await ping(
                noise.proxy.address, .init(count: 3, interval: .milliseconds(20), timeout: .seconds(1)), on: loop)
            #expect(damaged.received == 0 && damaged.foreign == 3)
        }
    }

    @Test("a reply after the timeout is late and answers no other probe")
    func late() async throws {
        try await withNoise(settings: { $0.toClient.delay = .milliseconds(60) }) { noise, _, loop in
            let (report, events) = try await ping(
                noise.proxy.address, .init(count: 20, interval: .milliseconds(20), timeout: .milliseconds(30)), on: loop
            )
            #expect(report.received == 0 && report.late > 0 && report.foreign == 0 && report.duplicates == 0)
            for event in events {
                if case .late(_, let time) = event.kind { #expect(time >= .milliseconds(60)) }
            }
        }
    }

    @Test("ends when its task is cancelled, with what it has")
    func cancelled() async throws {
        try await onLoop { loop in
            let server = try RunningServer(Echo(), on: loop)
            let (events, continuation) = AsyncStream<PingerEvent>.makeStream()
            let task = Task(executorPreference: loop) {
                var pinger = try Pinger(server: server.address, settings: .init(interval: .seconds(3000)), on: loop) {
                    continuation.yield($0)
                }
                return try await pinger.run()
            }
            for await event in events {
                #expect(event.description.hasPrefix("56 bytes from \(server.address): seq=1 time="))
                break
            }
            task.cancel()
            let report = try await task.value
            #expect(report.sent == 1 && report.received == 1)
            try await server.stop()
        }
    }
}

extension Pinger.Settings {
    init(count: Int = 10, interval: Interval, timeout: Interval = .seconds(1)) {
        self.init()
        (self.count, self.interval, self.timeout) = (count, interval, timeout)
    }
}

private func ping(
    _ server: SocketAddress, _ settings: Pinger.Settings, on loop: EventLoop
) async throws -> (PingerReport, [PingerEvent]) {
    let events = Mutex<[PingerEvent]>([])
    var pinger = try Pinger(server: server, settings: settings, on: loop) { event in
        events.withLock { $0.append(event) }
    }
    let report = try await pinger.run()
    return (report, events.withLock { $0 })
}

extension PingerEvent {
    /// The number of the probe that it is about; 0 when it is about none.
    var number: Int {
        switch kind {
        case .reply(let number, _), .duplicate(let number, _), .late(let number, _): number
        case .timedOut(let number), .refused(let number), .failed(let number, _): number
        case .foreign: 0
        }
    }
}
