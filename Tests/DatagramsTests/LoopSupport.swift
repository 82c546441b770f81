import Datagrams
import EventLoop
import Logging
import System
import Synchronization
import Testing

/// A logger that says nothing.
let silence = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A UDP socket of a test: a server that answers when the test says so, or a client without manners.
final class TestClient: Sendable {
    let socket: DatagramSocket
    let address: SocketAddress

    /// Binds to a port of the system's choice.
    init(host: String = "127.0.0.1") throws {
        socket = try DatagramSocket(boundTo: try #require(SocketAddress(host, port: 0)))
        address = try socket.localAddress()
    }

    /// Speaks to one address.
    init(to remote: SocketAddress) throws {
        socket = try DatagramSocket(connectedTo: remote)
        address = try socket.localAddress()
    }

    func send(_ bytes: [UInt8]) throws { _ = try socket.send(bytes.span) }

    /// Watches the socket; the watch is good until it is closed.
    func watch(on loop: EventLoop) throws -> AsyncWatch { try AsyncWatch(socket.descriptor, as: .datagrams, on: loop) }

    /// Waits for the next datagram.
    func next(_ watch: AsyncWatch, on loop: EventLoop) async throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            if let length = try socket.receive(into: &bytes, bytes.indices) { return Array(bytes[..<length]) }
            _ = await watch.readable()
        }
    }

    /// Answers everything that waits; how many datagrams that was.
    func answer(_ respond: ([UInt8]) -> [UInt8]) throws -> Int {
        var batch = DatagramBatch()
        let count = try batch.receive(from: socket)
        _ = batch.answer { datagram, reply in
            for byte in respond(datagram.indices.map({ datagram[$0] })) { reply.append(byte) }
        }
        _ = try batch.send(over: socket)
        return count
    }
}

/// The service of a test.
struct Scripted: DatagramService {
    let reply: @Sendable ([UInt8]) -> [UInt8]

    func respond(to datagram: Span<UInt8>, into reply: inout OutputSpan<UInt8>) {
        for byte in self.reply(datagram.indices.map({ datagram[$0] })) { reply.append(byte) }
    }
}

/// Hands a socket to the one task that takes it.
final class Handover: Sendable {
    private let socket: Mutex<DatagramSocket?>

    init(_ socket: consuming DatagramSocket) {
        self.socket = Mutex(socket)
    }

    func take() throws -> DatagramSocket {
        let taken = socket.withLock { $0.take() }
        guard let taken else { throw SystemError(.open, nil, .wouldBlock) }
        return taken
    }
}
