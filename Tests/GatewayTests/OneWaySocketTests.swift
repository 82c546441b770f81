import EventLoop
import System
import Testing

@testable import Gateway

/// The socket of datagrams that expect no reply: its place among the gateway's sockets.
@Suite(.timeLimit(.minutes(1))) struct OneWaySocketTests {
    private actor Sender {
        nonisolated let loop: EventLoop
        private let socket: OneWaySocket
        nonisolated let limit = SharedLimit(1)

        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor }

        init(to address: SocketAddress, on loop: EventLoop) {
            self.loop = loop
            let share = SocketShare(of: limit, fresh: SharedLimit(0))
            socket = OneWaySocket(to: address, policy: ReplyPolicy(), share: share, loop: loop)
        }

        func send(_ length: Int = 1) throws -> Bool {
            if case .sent = try socket.send([UInt8](repeating: 1, count: length).span) { true } else { false }
        }

        /// Sends until a datagram tells that those before have arrived; returns their number.
        func sendUntilDelivered() async throws -> Int {
            for number in 1... {
                if case .sent(afterDelivery: true, _) = try socket.send([1].span) { return number }
                await loop.sleep(until: loop.now + .milliseconds(200))
            }
            return 0
        }

        func retire(idle: Interval) { socket.retire(idle: idle) }

        func close() { socket.close() }
    }

    /// It does not keep a socket from the exchanges for ever.
    @Test func anIdleSocketIsClosed() async throws {
        let loop = try EventLoop()
        try loop.start()
        defer { loop.stop() }
        let peer = try ScriptedPeer(on: loop)
        let sender = Sender(to: peer.address, on: loop)
        for _ in 0..<2 {
            #expect(try await sender.send())
            #expect(sender.limit.used == 1)
            // Its port may still get a reply.
            await sender.retire(idle: .seconds(50))
            #expect(sender.limit.used == 1)
            await sender.retire(idle: .seconds(0))
            #expect(sender.limit.used == 0)
        }
        await sender.close()
        #expect(sender.limit.used == 0)
    }

    @Test func aSocketThroughWhichNothingHasLeftIsClosed() async throws {
        let loop = try EventLoop()
        try loop.start()
        defer { loop.stop() }
        let peer = try ScriptedPeer(on: loop)
        let sender = Sender(to: peer.address, on: loop)
        await #expect(throws: SystemError.self) { _ = try await sender.send(70_000) }
        #expect(sender.limit.used == 1)
        await sender.retire(idle: .seconds(50))
        #expect(sender.limit.used == 1)
        await sender.retire(idle: .seconds(0))
        #expect(sender.limit.used == 0)
    }

    /// The time counts from the first of them: a caller that sends often learns of their arrival, too, and not at once.
    @Test func datagramsInARowHaveArrived() async throws {
        let loop = try EventLoop()
        try loop.start()
        defer { loop.stop() }
        let peer = try ScriptedPeer(on: loop)
        let sender = Sender(to: peer.address, on: loop)
        #expect(try await sender.sendUntilDelivered() > 2)
        await sender.close()
    }
}
