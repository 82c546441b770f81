import Datagrams
import EventLoop
import Synchronization
import System
import TestSupport

/// A UDP socket that a test plays the server with, one step at a time: it says when each reply goes out, and to whom.
final class UDPPeer: Sendable {
    private let socket: UDPSocket

    var address: SocketAddress { socket.address }

    /// Opens a socket on a free port; it is silent until it is told to reply.
    ///
    /// - `host`: an IPv4 address of this machine.
    init(at host: String = "127.0.0.1") { socket = UDPSocket(at: host) }

    /// Waits for a datagram; returns it and its sender.
    func receive() throws -> (bytes: [UInt8], sender: SocketAddress) {
        guard let datagram = socket.receive(.atMost(seconds: Program.timeLimit.components.seconds)) else {
            throw Program.Failure(description: "no datagram came to \(address)")
        }
        return datagram
    }

    /// Sends a datagram.
    func send(_ text: String, to receiver: SocketAddress) { socket.send(Array(text.utf8), to: receiver) }

    /// Waits for a datagram, and sends these replies to its sender.
    func reply(_ texts: String...) throws { try reply(texts) }

    func reply(_ texts: [String]) throws {
        let sender = try receive().sender
        for text in texts { send(text, to: sender) }
    }

    /// Options to wait for a refusal as long as a test can, and to ask so often that one must come through.
    ///
    /// A program that does not take a refusal for the end would wait longer than the test does.
    static let persistently = ["--timeout", "3600s", "--attempts", "20"]

    /// An address without a listener, of a loopback network that no other test uses.
    ///
    /// A socket that connects from 127.0.0.1 cannot get this port by chance, as it could one of 127.0.0.1 itself.
    ///
    /// The kernel limits its refusals, icmp(7) icmp_msgs_per_sec and icmp_msgs_burst, and all the tests of a machine
    /// share that limit: a program has to ask again, see `persistently`.
    static func closedAddress() -> SocketAddress { UDPSocket(at: "127.0.0.77").address }
}

/// The direct way to a UDP service: one exchange of the project's own client.
func exchange(_ text: String, with server: SocketAddress) throws -> String {
    let reply = Mutex("")
    try EventLoop.run { loop in
        var client = DatagramClient(servers: [server], timeout: .seconds(60), attempts: 5)
        let bytes = try await client.exchange(Array(text.utf8), on: loop).bytes
        reply.withLock { $0 = String(decoding: bytes, as: UTF8.self) }
    }
    return reply.withLock { $0 }
}
