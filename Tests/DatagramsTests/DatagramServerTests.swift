import Datagrams
import EventLoop
import Sockets
import Testing

@Suite(.timeLimit(.minutes(1))) struct DatagramServerTests {
    /// Runs a server beside a client's program and tells what the server has counted when it was cancelled.
    private func serve(
        _ service: any DatagramService = Uppercase(), host: String = "127.0.0.1",
        _ program: @escaping @Sendable (EventLoop, SocketAddress) async throws -> Void
    ) async throws -> DatagramServer.Counts {
        try await onLoop { loop in
            let socket = try DatagramSocket(boundTo: try #require(SocketAddress(host, port: 0)))
            let address = try socket.localAddress()
            let handover = Handover(socket)
            let client = Task(executorPreference: loop) { try await program(loop, address) }
            // The server's own task: cancelled when the program is done.
            let run = Task(executorPreference: loop) {
                var server = DatagramServer(socket: try handover.take(), service: service, logger: silence)
                try await server.run(on: loop)
                return server.counts
            }
            let outcome = await client.result
            run.cancel()
            let counts = try await run.value
            try outcome.get()
            return counts
        }
    }

    @Test func capitalsOverARealSocket() async throws {
        let counts = try await serve { loop, address in
            let door = try Door(to: address)
            let watch = try door.watch(on: loop)
            for (text, reply) in [("hello", "HELLO"), ("", ""), ("straße", "STRASSE")] {
                try door.send(Array(text.utf8))
                #expect(String(decoding: try await door.next(watch, on: loop), as: UTF8.self) == reply)
            }
        }
        #expect(counts.received == 3 && counts.sent == 3 && counts.oversized == 0 && counts.failed == 0)
    }

    /// More than a batch holds, before the server has seen any of them.
    @Test func manyAtOnce() async throws {
        let counts = try await serve { loop, address in
            let doors = try (0..<10).map { _ in try Door(to: address) }
            for round in 0..<20 {
                for (index, door) in doors.enumerated() { try door.send([97, UInt8(round), UInt8(index)]) }
            }
            for (index, door) in doors.enumerated() {
                let watch = try door.watch(on: loop)
                #expect(try await door.next(watch, on: loop) == [65, 0, UInt8(index)])
            }
        }
        #expect(counts.received == 200 && counts.sent == 200)
    }

    @Test func aReplyTooLongDoesNotStopIt() async throws {
        let long = Scripted { $0.first == 1 ? [UInt8](repeating: 7, count: 65_508) : $0 }
        let counts = try await serve(long) { loop, address in
            let door = try Door(to: address)
            let watch = try door.watch(on: loop)
            try door.send([1])
            try door.send([2])
            #expect(try await door.next(watch, on: loop) == [2])
        }
        #expect(counts.received == 2 && counts.sent == 1 && counts.oversized == 1)
    }

    /// A client that is gone before its reply comes: the refusal is nobody's business.
    @Test func aClientThatIsGoneDoesNotStopIt() async throws {
        let counts = try await serve { loop, address in
            for _ in 0..<5 { try Door(to: address).send([97]) }
            let door = try Door(to: address)
            let watch = try door.watch(on: loop)
            try door.send([98])
            #expect(try await door.next(watch, on: loop) == [66])
        }
        #expect(counts.received == 6)
    }

    /// Nothing can be sent to port 0; a test without the right to forge a datagram from there has none to fail.
    @Test func aReplyThatCannotBeSentDoesNotStopIt() async throws {
        let counts = try await serve { loop, address in
            _ = RawSender().send([97], toPort: address.port, fromPort: 0)
            let door = try Door(to: address)
            let watch = try door.watch(on: loop)
            try door.send([98])
            #expect(try await door.next(watch, on: loop) == [66])
        }
        #expect(counts.received == counts.failed + 1 && counts.sent == 1)
    }

    @Test func cancelledBeforeItBegins() async throws {
        let counts = try await serve { _, _ in }
        #expect(counts.received == 0)
    }
}
