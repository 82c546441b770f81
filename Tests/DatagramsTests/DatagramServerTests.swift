import Datagrams
import EventLoop
import System
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct DatagramServerTests {
    /// The datagrams that a server has reported.
    private struct Counts {
        var received = 0, sent = 0, oversized = 0, failed = 0

        init(_ events: [DatagramEvent]) {
            for line in events.map(\.description) {
                if line.hasSuffix(": received") { received += 1 }
                if line.hasSuffix(": sent") { sent += 1 }
                if line.contains(": not sent: it does not fit") { oversized += 1 }
                if line.contains(": not sent: cannot send") { failed += 1 }
            }
        }
    }

    /// Runs a server beside a client's program and counts what the server has reported when it was cancelled.
    private func serve(
        _ service: any DatagramService = Uppercase(), host: String = "127.0.0.1",
        _ program: @escaping @Sendable (EventLoop, SocketAddress) async throws -> Void
    ) async throws -> Counts {
        try await onLoop { loop in
            let socket = try DatagramSocket(boundTo: try #require(SocketAddress(host, port: 0)))
            let address = try socket.localAddress()
            let handover = Handover(socket)
            let events = Mutex<[DatagramEvent]>([])
            let client = Task(executorPreference: loop) { try await program(loop, address) }
            // The server's own task: cancelled when the program is done.
            let run = Task(executorPreference: loop) {
                var server = DatagramServer(
                    socket: try handover.take(), service: service, logger: silence,
                    onDatagram: { event in events.withLock { $0.append(event) } })
                try await server.run(on: loop)
            }
            let outcome = await client.result
            run.cancel()
            try await run.value
            try outcome.get()
            return Counts(events.withLock { $0 })
        }
    }

    @Test func capitalsOverARealSocket() async throws {
        let counts = try await serve { loop, address in
            let client = try TestClient(to: address)
            let watch = try client.watch(on: loop)
            for (text, reply) in [("hello", "HELLO"), ("", ""), ("straße", "STRASSE")] {
                try client.send(Array(text.utf8))
                #expect(String(decoding: try await client.next(watch, on: loop), as: UTF8.self) == reply)
            }
        }
        #expect(counts.received == 3 && counts.sent == 3 && counts.oversized == 0 && counts.failed == 0)
    }

    /// More than a batch holds, before the server has seen any of them.
    @Test func manyAtOnce() async throws {
        let counts = try await serve { loop, address in
            let clients = try (0..<10).map { _ in try TestClient(to: address) }
            for round in 0..<20 {
                for (index, client) in clients.enumerated() { try client.send([97, UInt8(round), UInt8(index)]) }
            }
            for (index, client) in clients.enumerated() {
                let watch = try client.watch(on: loop)
                #expect(try await client.next(watch, on: loop) == [65, 0, UInt8(index)])
            }
        }
        #expect(counts.received == 200 && counts.sent == 200)
    }

    /// Under load the server does not wait for the kernel to tell of more; when there is no more, it does again.
    @Test func oneAfterALongRush() async throws {
        let rush = Rush(2000)
        let service = Scripted { datagram in
            rush.goOn()
            return datagram
        }
        let counts = try await serve(service) { loop, address in
            try rush.begin(towards: address)
            while rush.isOn { await loop.sleep(until: loop.now + .milliseconds(1)) }
            // Long enough for the server to have found that there is no more, as a rule.
            await loop.sleep(until: loop.now + .milliseconds(50))
            let client = try TestClient(to: address)
            let watch = try client.watch(on: loop)
            for number in UInt8(1)...3 {
                try client.send([number])
                let wake = await watch.readable(until: loop.now + .seconds(10))
                try #require(wake == .ready, "no task was woken for a datagram")
                #expect(try await client.next(watch, on: loop) == [number])
            }
        }
        #expect(counts.received == 2003 && counts.sent == 2003)
    }

    /// Datagrams that come two by two for each one that is answered, so that batches have several from the second on.
    private final class Rush: Sendable {
        private let state: Mutex<(client: TestClient?, rest: Int)>

        init(_ count: Int) {
            state = Mutex((nil, count))
        }

        var isOn: Bool { state.withLock { $0.rest > 0 } }

        func begin(towards address: SocketAddress) throws {
            let client = try TestClient(to: address)
            state.withLock { $0.client = client }
            send(1)
        }

        func goOn() { send(2) }

        private func send(_ count: Int) {
            state.withLock { state in
                for _ in 0..<min(count, state.rest) where (try? state.client?.send([0])) != nil { state.rest -= 1 }
            }
        }
    }

    @Test func aReplyTooLongDoesNotStopIt() async throws {
        let long = Scripted { $0.first == 1 ? [UInt8](repeating: 7, count: 65_508) : $0 }
        let counts = try await serve(long) { loop, address in
            let client = try TestClient(to: address)
            let watch = try client.watch(on: loop)
            try client.send([1])
            try client.send([2])
            #expect(try await client.next(watch, on: loop) == [2])
        }
        #expect(counts.received == 2 && counts.sent == 1 && counts.oversized == 1)
    }

    /// A client is gone before its reply comes: the refusal disturbs no other client.
    @Test(arguments: ["127.0.0.1", "::1"]) func aClientThatIsGoneDoesNotStopIt(host: String) async throws {
        let counts = try await serve(host: host) { loop, address in
            for _ in 0..<5 { try TestClient(to: address).send([97]) }
            let client = try TestClient(to: address)
            let watch = try client.watch(on: loop)
            try client.send([98])
            #expect(try await client.next(watch, on: loop) == [66])
        }
        #expect(counts.received == 6 && counts.sent == 6 && counts.failed == 0)
    }

    /// Nothing can be sent to port 0.
    @Test(.enabled(if: RawSender.isAllowed, "CAP_NET_RAW is missing"))
    func aReplyThatCannotBeSentDoesNotStopIt() async throws {
        let counts = try await serve { loop, address in
            let isSent = RawSender().send([97], toPort: address.port, fromPort: 0)
            try #require(isSent)
            let client = try TestClient(to: address)
            let watch = try client.watch(on: loop)
            try client.send([98])
            #expect(try await client.next(watch, on: loop) == [66])
        }
        #expect(counts.received == 2 && counts.failed == 1 && counts.sent == 1)
    }

    @Test func cancelledBeforeItBegins() async throws {
        let counts = try await serve { _, _ in }
        #expect(counts.received == 0)
    }
}
