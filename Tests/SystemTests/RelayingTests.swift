import System
import Testing

@Suite("Relaying")
struct RelayingTests {
    @Test("sends to any address, and a batch shows what came from whom, in order")
    func batch() throws {
        let server = try bound()
        let others = [try bound(), try bound()]
        let datagrams: [(Int, String)] = [(0, "a"), (1, "bb"), (1, ""), (0, "dddd")]
        let target = try server.localAddress()
        for (sender, text) in datagrams { #expect(try others[sender].socket.send(Array(text.utf8).span, to: target)) }
        var batch = DatagramBatch(capacity: 8)
        #expect(try batch.receive(from: server.socket) == 4)
        var seen: [(SocketAddress, String)] = []
        batch.forEach { sender, _, bytes in
            seen.append((sender, String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)))
        }
        #expect(seen.map(\.0) == (try datagrams.map { try others[$0.0].localAddress() }))
        #expect(seen.map(\.1) == datagrams.map(\.1))
    }

    @Test("a batch with nothing in it shows nothing")
    func emptyBatch() throws {
        let server = try bound()
        var batch = DatagramBatch(capacity: 2)
        #expect(try batch.receive(from: server.socket) == 0)
        batch.forEach { _, _, _ in Issue.record("nothing came") }
    }

    @Test("takes one datagram and leaves the next")
    func receive() throws {
        let server = try bound()
        let other = try DatagramSocket(connectedTo: server.localAddress())
        for text in ["one", "", "two"] { #expect(try other.send(Array(text.utf8).span)) }
        var buffer = [UInt8](repeating: 0, count: 100)
        #expect(try server.socket.receive(into: &buffer, buffer.indices) == 3)
        #expect(buffer.starts(with: Array("one".utf8)))
        #expect(try server.socket.receive(into: &buffer, buffer.indices) == 0)
        #expect(try server.socket.receive(into: &buffer, buffer.indices) == 3)
        #expect(buffer.starts(with: Array("two".utf8)))
        #expect(try server.socket.receive(into: &buffer, buffer.indices) == nil)
    }

    @Test("tells a datagram that is too long")
    func tooLong() throws {
        let server = try bound()
        let target = try server.localAddress()
        let bytes = [UInt8](repeating: 0, count: DatagramSocket.maximumPayload + 1)
        #expect(throws: SystemError(.send, target, .messageTooLong)) {
            _ = try server.socket.send(bytes.span, to: target)
        }
    }

    @Test("counts what the kernel threw away", arguments: [false, true])
    func overflows(isLong: Bool) throws {
        let server = try bound()
        let other = try DatagramSocket(connectedTo: server.localAddress())
        if isLong { server.socket.lengthenQueue() }
        #expect(server.socket.overflows == 0)
        let bytes = [UInt8](repeating: 1, count: 60_000)
        for _ in 0..<400 { #expect(try other.send(bytes.span)) }
        let overflows = server.socket.overflows
        #expect(overflows > 0)
        #expect(server.socket.drain().datagrams + overflows == 400)
    }

    @Test("a connected socket's queue grows, as far as the kernel lets it")
    func lengthen() throws {
        let server = try bound()
        let sockets = [Box(try DatagramSocket(connectedTo: server.localAddress())), try bound()]
        sockets[0].socket.lengthenQueue()
        // A bound socket has asked from the start.
        let bytes = [UInt8](repeating: 1, count: 1)
        let lengths = try sockets.map { box in
            let target = try box.localAddress()
            for _ in 0..<20_000 { _ = try server.socket.send(bytes.span, to: target) }
            return 20_000 - box.socket.overflows
        }
        #expect(lengths[0] == lengths[1])
    }
}

/// Lets an array hold a socket.
private final class Box {
    let socket: DatagramSocket

    init(_ socket: consuming DatagramSocket) {
        self.socket = socket
    }

    func localAddress() throws -> SocketAddress { try socket.localAddress() }
}

private func bound() throws -> Box {
    Box(try DatagramSocket(boundTo: try #require(SocketAddress("127.0.0.1", port: 0))))
}
