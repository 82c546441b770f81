import EventLoop
import System
import TestSupport
import Testing

@testable import Datagrams

@Suite(.timeLimit(.minutes(1))) struct DatagramClientTests {
    @Test(arguments: [0, 1, 65_507])
    func reply(length: Int) async throws {
        let message = [UInt8](repeating: 97, count: length)
        let reply = try await onLoop { loop in
            let server = try TestClient()
            let watch = try server.watch(on: loop)
            let answering = Task(executorPreference: loop) {
                _ = await watch.readable()
                return try server.answer { $0.map { $0 - 32 } }
            }
            var client = DatagramClient(servers: [server.address], timeout: .seconds(20), attempts: 1)
            let reply = try await client.exchange(message, on: loop)
            #expect(try await answering.value == 1)
            return reply
        }
        #expect(reply.bytes == [UInt8](repeating: 65, count: length))
        #expect(reply.attempts == 1)
    }

    @Test(arguments: [1, 3])
    func silence(attempts: Int) async throws {
        let heard = try await onLoop { loop in
            let server = try TestClient()
            var client = DatagramClient(servers: [server.address], timeout: .milliseconds(700), attempts: attempts)
            let error = await #expect(throws: DatagramClientError.self) { try await client.exchange([97], on: loop) }
            #expect(error == .timedOut([server.address], after: .milliseconds(700), attempts: attempts))
            return try server.answer { $0 }
        }
        #expect(heard == attempts)
    }

    /// The time is long enough for a few datagrams that wait for a reply each, and not for all.
    @Test func noSoonerThanAReply() async throws {
        let heard = try await onLoop { loop in
            let server = try TestClient()
            var client = DatagramClient(servers: [server.address], timeout: .milliseconds(500), attempts: 20)
            let error = await #expect(throws: DatagramClientError.self) { try await client.exchange([97], on: loop) }
            #expect(error == .timedOut([server.address], after: .milliseconds(500), attempts: 3))
            return try server.answer { $0 }
        }
        #expect(heard == 3)
    }

    /// The first address is silent, the second refuses, the third replies, and is then the first.
    @Test func theNextAddressIsAsked() async throws {
        let gone: SocketAddress
        do { gone = try TestClient(host: "127.0.0.77").address }
        try await onLoop { loop in
            let silent = try TestClient()
            let server = try TestClient()
            let watch = try server.watch(on: loop)
            let answering = Task(executorPreference: loop) {
                for _ in 0..<2 { while try server.answer({ $0 }) == 0 { _ = await watch.readable() } }
            }
            var client = DatagramClient(
                servers: [silent.address, gone, server.address], timeout: .seconds(3), attempts: 1)
            for number in UInt8(1)...2 { #expect(try await client.exchange([number], on: loop).bytes == [number]) }
            _ = try await answering.value
            #expect(try silent.answer { $0 } == 1)
        }
    }

    /// Two addresses are silent and one refuses: the whole time is over, and each has had its datagrams.
    @Test func silenceOfAllAddresses() async throws {
        let gone: SocketAddress
        do { gone = try TestClient(host: "127.0.0.77").address }
        try await onLoop { loop in
            let silent = try [TestClient(), TestClient()]
            var client = DatagramClient(
                servers: silent.map(\.address) + [gone], timeout: .milliseconds(90), attempts: 1)
            let error = await #expect(throws: DatagramClientError.self) { try await client.exchange([97], on: loop) }
            #expect(error == .timedOut(silent.map(\.address), after: .milliseconds(90), attempts: 2))
            let names = silent.map { "\($0.address)" }.joined(separator: " or ")
            #expect(error?.description == "no reply from \(names) within 90ms, 2 attempts")
        }
    }

    /// The first datagram is lost; the second finds the server.
    @Test func askedAgain() async throws {
        let reply = try await onLoop { loop in
            let server = try TestClient()
            let watch = try server.watch(on: loop)
            let answering = Task(executorPreference: loop) {
                _ = try await server.next(watch, on: loop)
                while try server.answer({ $0 + [33] }) == 0 { _ = await watch.readable() }
            }
            var client = DatagramClient(servers: [server.address], timeout: .seconds(60), attempts: 10)
            let reply = try await client.exchange([97], on: loop)
            _ = try await answering.value
            return reply
        }
        #expect(reply.bytes == [97, 33])
        #expect(reply.attempts > 1)
    }

    @Test func refusedAtOnce() async throws {
        let gone: SocketAddress
        do { gone = try TestClient().address }
        try await onLoop { loop in
            var client = DatagramClient(servers: [gone], timeout: .seconds(3600), attempts: 1)
            let error = await #expect(throws: DatagramClientError.self) { try await client.exchange([97], on: loop) }
            #expect(error == .refused([gone]))
        }
    }

    @Test func tooLong() async throws {
        try await onLoop { loop in
            let server = try TestClient()
            var client = DatagramClient(servers: [server.address], timeout: .seconds(1), attempts: 1)
            let bytes = [UInt8](repeating: 97, count: 65_508)
            let error = await #expect(throws: DatagramClientError.self) { try await client.exchange(bytes, on: loop) }
            #expect(error == .tooLong(65_508))
            #expect(try server.answer { $0 } == 0)
        }
    }

    /// A stranger answers from another port of the server's machine, which does not count.
    @Test func foreignRepliesAreIgnored() async throws {
        let error = try await onLoop { loop in
            let server = try TestClient()
            let watch = try server.watch(on: loop)
            let answering = Task(executorPreference: loop) {
                _ = await watch.readable()
                var batch = DatagramBatch()
                _ = try batch.receive(from: server.socket)
                // A reply too long is reported with its sender, which a datagram otherwise does not tell.
                let unsent = batch.answer { _, reply in reply.append(repeating: 0, count: 65_508) }
                let client = try #require(unsent.first?.sender)
                for _ in 0..<3 { try? TestClient(to: client).send([66, 65, 68]) }
                return unsent.count
            }
            var client = DatagramClient(servers: [server.address], timeout: .milliseconds(50), attempts: 1)
            let error = await #expect(throws: DatagramClientError.self) { try await client.exchange([97], on: loop) }
            #expect(try await answering.value == 1)
            return error
        }
        guard case .timedOut = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    /// A router reports the datagram as too long when its reply waits already: the reply is read although no other comes.
    @Test(.enabled(if: RawSender.isAllowed, "CAP_NET_RAW is missing"))
    func aReplyThatWaitsBehindAReport() async throws {
        let reply = try await onLoop { loop in
            let server = try TestClient(host: "::1")
            let watch = try server.watch(on: loop)
            let answering = Task(executorPreference: loop) {
                var bytes: [UInt8] = [0]
                while true {
                    if let (_, client) = try server.socket.receiveFrom(into: &bytes, bytes.indices) {
                        _ = try server.socket.send([65].span, to: client)
                        return RawSender().reportTooLong(from: client.port, to: server.address.port)
                    }
                    _ = await watch.readable()
                }
            }
            var client = DatagramClient(servers: [server.address], timeout: .seconds(10), attempts: 1)
            let reply = try await client.exchange([97], on: loop)
            #expect(try await answering.value)
            return reply
        }
        #expect(reply.bytes == [65])
    }

    /// The reply to an exchange that was given up comes during the next one.
    @Test func aLateReplyDoesNotAnswerTheNext() async throws {
        let reply = try await onLoop { loop in
            let server = try TestClient()
            let watch = try server.watch(on: loop)
            var client = DatagramClient(servers: [server.address], timeout: .seconds(2), attempts: 1)
            await #expect(throws: DatagramClientError.self) { try await client.exchange([1], on: loop) }
            let answering = Task(executorPreference: loop) {
                var senders: [SocketAddress] = []
                var bytes = [UInt8](repeating: 0, count: 16)
                while senders.count < 2 {
                    if let (_, sender) = try server.socket.receiveFrom(into: &bytes, bytes.indices) {
                        senders.append(sender)
                    } else {
                        _ = await watch.readable()
                    }
                }
                for (number, sender) in senders.enumerated() {
                    _ = try server.socket.send([UInt8(1 + number), 33].span, to: sender)
                }
            }
            let reply = try await client.exchange([2], on: loop)
            try await answering.value
            return reply
        }
        #expect(reply.bytes == [2, 33])
    }

    @Test(
        arguments: [
            (.refused(SocketAddress("127.0.0.1", port: 9)), "no server listens at 127.0.0.1:9: is it running?"),
            (
                .timedOut(SocketAddress("::1", port: 9), after: .seconds(1), attempts: 1),
                "no reply from [::1]:9 within 1s, 1 attempt"
            ),
            (
                .timedOut(SocketAddress("::1", port: 9), after: .milliseconds(1500), attempts: 3),
                "no reply from [::1]:9 within 1500ms, 3 attempts"
            ),
            (.tooLong(70_000), "70000 bytes do not fit in one datagram, which holds 65507"),
        ] as [(Failure, String)])
    func descriptions(failure: Failure, text: String) {
        #expect(failure.error?.description == text)
    }

    /// A client's error whose address may turn out not to be one.
    enum Failure: Sendable {
        case refused(SocketAddress?)
        case timedOut(SocketAddress?, after: Interval, attempts: Int)
        case tooLong(Int)

        var error: DatagramClientError? {
            switch self {
            case .refused(let address): address.map { .refused([$0]) }
            case .timedOut(let address, let time, let attempts):
                address.map { .timedOut([$0], after: time, attempts: attempts) }
            case .tooLong(let length): .tooLong(length)
            }
        }
    }
}

@Suite struct BackoffTests {
    @Test(
        arguments: [
            (1, 1, 2000, 2000), (1, 2, 300, 100), (2, 2, 300, 300), (1, 3, 700, 100), (2, 3, 700, 300),
            (3, 3, 700, 700),
            (4, 5, 310, 150), (1, 1, 0, 0),
        ] as [(Int, Int, UInt64, UInt64)])
    func pausesDouble(attempt: Int, attempts: Int, timeout: UInt64, elapsed: UInt64) {
        let end = Backoff.elapsed(after: attempt, of: attempts, within: .milliseconds(timeout))
        #expect(end == .milliseconds(elapsed))
    }

    /// The last attempt ends with the timeout, to the nanosecond, and no pause is shorter than the one before.
    @Test(arguments: 1...20)
    func theLastEndsWithTheTimeout(attempts: Int) {
        for timeout in [1_000_000, 2_000_000_000, 3_600_000_000_000, 999_999_999_999] as [UInt64] {
            let ends = (1...attempts).map {
                Backoff.elapsed(after: $0, of: attempts, within: Interval(nanoseconds: timeout)).nanoseconds
            }
            #expect(ends.last == timeout)
            #expect(zip(ends, ends.dropFirst()).allSatisfy { $0 <= $1 })
        }
    }
}
