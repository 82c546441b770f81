internal import EventLoop
internal import System

/// An open UDP socket of a pool, for one backend: connected to it, unless replies come from elsewhere.
final class ExchangeSocket: EventHandler {
    private(set) var socket: DatagramSocket
    private(set) var watch: Watch?
    /// Its place in the pool, which has fewer than two thousand million, so that the object is small: of thousands each
    /// is cold in the cache when it is used.
    private let number: Int32
    private let pool: ExchangeSocketPool
    /// The address of its datagrams; nil where it is connected to its peer.
    private let destination: SocketAddress?
    /// The exchange on it.
    var exchange: Exchange?
    /// Whether it has carried no exchange yet, so that datagrams of strangers from before the connection may still
    /// come.
    private(set) var isFresh: Bool
    /// Whether its last exchange sent a single datagram and has the reply, so that a further datagram can only be a
    /// double.
    var isSettled = false

    /// The time of the first datagram of an exchange that has ended without its reply; never after any other.
    var firstSent = MonotonicTime.never

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

    var index: Int { Int(number) }

    /// Its own address, while the kernel knows it.
    var localAddress: SocketAddress? { try? socket.localAddress() }

    /// Sends one datagram; false means that the kernel has no room yet.
    func send(_ payload: Span<UInt8>) throws(SystemError) -> Bool {
        guard let destination else { return try socket.send(payload) }
        return try socket.send(payload, to: destination)
    }

    /// Begins to receive events.
    func open(on loop: EventLoop) throws(SystemError) {
        watch = try loop.watch(socket.descriptor, as: .singleDatagrams, handler: self)
    }

    /// Replaces the socket by another one, and closes the old one; where the new one cannot be watched, the old one stays.
    func renew(_ socket: consuming DatagramSocket, on loop: EventLoop) throws(SystemError) {
        let watch = try loop.watch(socket.descriptor, as: .singleDatagrams, handler: self)
        close(on: loop)
        self.socket = socket
        self.watch = watch
        isFresh = destination == nil
    }

    /// Ends receiving events.
    func close(on loop: EventLoop) {
        if let watch { loop.release(watch) }
        watch = nil
    }

    /// Passes a reply to the exchange, or drops a datagram without one.
    func ready(_ readiness: Readiness) {
        if let exchange { exchange.receive(through: self) } else { pool.drain(self) }
    }

    /// Drops datagrams that strangers sent before the socket had its peer, and returns their number.
    func dropStrangers() throws(SystemError) -> Int {
        let count = try socket.dropStrangers()
        isFresh = false
        return count
    }
}
