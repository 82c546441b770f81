internal import EventLoop
internal import System

/// A client of the noise; its fields tell clients apart.
struct NoiseClient: Hashable {
    /// The client's address.
    let address: SocketAddress
    /// The noise's address that the client sends to; nil where the noise has only one.
    let replySource: ReplySource?
}

/// A client of the noise, and the socket that represents it at the server.
final class NoiseLink: EventHandler {
    let client: NoiseClient
    /// The server's address in use, of all that it has.
    let server: SocketAddress
    /// The socket that is connected to the server.
    let socket: DatagramSocket
    /// The server's address as the sender of datagrams.
    let peer: SocketAddress
    /// The socket's registration with the loop.
    let watch: Watch
    /// The queue of links whose server has sent something.
    private let ready: ReadyQueue<NoiseLink>
    /// Whether the noise has forgotten its client.
    var isForgotten = false
    /// The client's datagrams under way, of both directions.
    var held = 0
    /// Whether the network has reported that the server's address is closed.
    var isRefused = false
    /// The link to another one of the server's addresses that has taken this one's place.
    private var successor: NoiseLink?
    /// The latest datagram to the server, for its other addresses, and the number of addresses that refused it.
    var latest: [UInt8]?
    var refusals = 0

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

    /// The link in use now: this one, or the last of those that have taken its place.
    var current: NoiseLink {
        var link = self
        while let next = link.successor { link = next }
        return link
    }

    /// Gives its datagrams under way to the link that takes its place.
    func replace(with next: NoiseLink) {
        successor = next
        next.held = held
    }

    /// The server has sent something, or the network has reported an earlier datagram.
    func ready(_ readiness: Readiness) { ready.add(self) }
}

extension NoisePassage.Copy {
    /// The datagram as this copy arrives.
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
