internal import EventLoop
internal import System

/// An open UDP socket of a pool, for one backend: connected to it, unless replies come from elsewhere.
final class ExchangeSocket: EventHandler {
    private(set) var socket: DatagramSocket
    private(set) var watch: Watch?
    /// Its place in the pool, which has fewer than two thousand million: thousands of these take turns, and each is cold when
    /// its turn comes.
    private let number: Int32
    private let pool: ExchangeSocketPool
    /// Where it sends to; nil where it is connected to its peer.
    private let destination: SocketAddress?
    /// The exchange that has it now.
    var exchange: Exchange?
    /// Whether it has carried no exchange yet, so that what strangers sent before it had its peer may still come.
    private(set) var isFresh = true
    /// Whether its last exchange sent a single datagram and has the answer, so that what comes can only be a double.
    var isSettled = false

    /// - `destination`: where it sends to; nil where it is connected.
    init(
        socket: consuming DatagramSocket, towards destination: SocketAddress? = nil, index: Int,
        pool: ExchangeSocketPool
    ) {
        self.socket = socket
        self.destination = destination
        isFresh = destination == nil
        self.pool = pool
        number = Int32(index)
    }

    /// Its place in the pool.
    var index: Int { Int(number) }

    /// Its port, while the kernel knows it.
    var port: UInt16? { (try? socket.localAddress())?.port }

    /// Sends one datagram; false means that the kernel has no room yet.
    func send(_ payload: Span<UInt8>) throws(SystemError) -> Bool {
        guard let destination else { return try socket.send(payload) }
        return try socket.send(payload, to: destination)
    }

    /// Begins to be called for what comes.
    func open(on loop: EventLoop) throws(SystemError) {
        watch = try loop.watch(socket.descriptor, as: .singleDatagrams, handler: self)
    }

    /// Puts another socket in its place; the old one is closed.
    func renew(_ socket: consuming DatagramSocket, on loop: EventLoop) throws(SystemError) {
        close(on: loop)
        self.socket = socket
        isFresh = destination == nil
        try open(on: loop)
    }

    /// Is called no more.
    func close(on loop: EventLoop) {
        if let watch { loop.release(watch) }
        watch = nil
    }

    /// Hands a reply to the exchange, or throws away what comes while there is none.
    func ready(_ readiness: Readiness) {
        if let exchange { exchange.receive(through: self) } else { pool.drain(self) }
    }

    /// Throws away what strangers sent before the socket had its peer, and tells how many datagrams that were.
    func dropStrangers() throws(SystemError) -> Int {
        guard isFresh else { return 0 }
        isFresh = false
        return try socket.dropStrangers()
    }
}
