import Datagrams
import EventLoop
import System
import Testing

/// A UDP service that does what a test says, one datagram at a time, on the loop of the upstream that asks it.
///
/// The datagrams of one call arrive together, for the loop is busy with it meanwhile.
actor ScriptedPeer {
    /// A datagram that came.
    struct Letter: Sendable {
        let text: String
        let sender: SocketAddress
    }

    nonisolated let loop: EventLoop
    nonisolated let address: SocketAddress
    private var socket: DatagramSocket
    private var watch: AsyncWatch?
    private var batch = DatagramBatch(capacity: 8)
    private var letters: [Letter] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor }

    init(on loop: EventLoop) throws {
        let socket = try DatagramSocket(boundTo: try #require(SocketAddress("127.0.0.1", port: 0)))
        address = try socket.localAddress()
        self.socket = socket
        self.loop = loop
    }

    /// Waits for the next datagram; one task at a time may.
    func receive() async throws -> Letter {
        while true {
            take()
            if !letters.isEmpty { return letters.removeFirst() }
            let watch = try self.watch ?? AsyncWatch(socket.descriptor, as: .datagrams, on: loop)
            self.watch = watch
            _ = await watch.readable()
        }
    }

    /// How many datagrams wait that no test has looked at.
    var unread: Int {
        take()
        return letters.count
    }

    /// Sends datagrams to the last sender.
    func send(_ texts: String..., to receiver: SocketAddress) throws {
        for text in texts {
            let isSent = try socket.send(Array(text.utf8).span, to: receiver)
            try #require(isSent)
        }
    }

    /// Sends a datagram many times, which all arrive together.
    func send(_ text: String, to receiver: SocketAddress, times: Int) throws {
        for _ in 0..<times { try send(text, to: receiver) }
    }

    /// Closes the port: the socket moves to another one.
    func close() throws {
        socket = try DatagramSocket(boundTo: try #require(SocketAddress("127.0.0.1", port: 0)))
        watch = nil
    }

    /// Answers every datagram with its own text until the task is cancelled.
    func echo() async throws {
        while !Task.isCancelled {
            let letter = try await receive()
            try send(letter.text, to: letter.sender)
        }
    }

    private func take() {
        while let count = try? batch.receive(from: socket), count > 0 {
            batch.forEach { sender, _, bytes in
                letters.append(
                    Letter(text: String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self), sender: sender))
            }
        }
    }
}
