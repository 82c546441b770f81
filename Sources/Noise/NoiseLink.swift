internal import EventLoop
internal import System

/// A client of the noise, as the noise tells them apart.
struct NoiseClient: Hashable {
    /// Where it is.
    let address: SocketAddress
    /// The address at which it has asked; nil where the noise has but one.
    let asked: ReplySource?
}

/// A client of the noise, and the socket that stands for it towards the server.
final class NoiseLink: EventHandler {
    /// Whose datagrams it carries.
    let client: NoiseClient
    /// The server's address, of those that it has.
    let server: SocketAddress
    /// Talks to the server and hears only the server.
    let socket: DatagramSocket
    /// The server, as datagrams name their sender.
    let peer: SocketAddress
    /// The socket's place in the loop.
    let watch: Watch
    /// Where it goes when the server has sent something.
    private let ready: ReadyQueue<NoiseLink>
    /// Whether the noise has forgotten its client.
    var isForgotten = false
    /// How many datagrams from or to the client are under way.
    var held = 0
    /// Whether a report has come that no program listens at the server's address.
    var isRefused = false
    /// The latest datagram to the server, for another of its addresses, and at how many it was refused.
    var latest: [UInt8]?
    var refusals = 0

    /// Opens the socket.
    init(
        _ client: NoiseClient, to server: SocketAddress, on loop: EventLoop, ready: ReadyQueue<NoiseLink>
    ) throws(SystemError) {
        let socket = try DatagramSocket(connectedTo: server)
        socket.lengthenQueue()
        try socket.allowFragments(towards: server)
        watch = try loop.watch(socket.descriptor, as: .datagrams)
        self.client = client
        self.server = server
        peer = try socket.peerAddress()
        self.socket = socket
        self.ready = ready
        loop.setHandler(self, of: watch)
    }

    /// The server has sent something, or a report of what was sent to it has come.
    func ready(_ readiness: Readiness) { ready.add(self) }
}

extension NoisePassage.Copy {
    /// The datagram as this copy of it arrives.
    func applied(to datagram: Span<UInt8>) -> [UInt8] {
        var bytes = [UInt8](copying: datagram.extracting(first: length))
        if let bit = flippedBit { bytes[bit / 8] ^= 1 << UInt8(bit % 8) }
        return bytes
    }
}

extension [UInt8] {
    /// An array of the same bytes.
    init(copying bytes: Span<UInt8>) {
        let count = bytes.count
        self.init(repeating: 0, count: count)
        // A loop over a span of fixed length becomes one copy.
        var copy = mutableSpan
        for index in 0..<count { copy[index] = bytes[index] }
    }
}
