public import EventLoop
public import Logging
public import Sockets

/// The tutorial's UDP server: receives a datagram, answers its sender, for ever.
public struct DatagramServer: ~Copyable {
    /// What has passed through the server since it started.
    public struct Counts: Sendable {
        /// Datagrams received.
        public var received = 0
        /// Replies sent.
        public var sent = 0
        /// Replies that no datagram can carry.
        public var oversized = 0
        /// Replies that the kernel refused to send.
        public var failed = 0
    }

    private let socket: DatagramSocket
    private let service: any DatagramService
    private let logger: Logger
    private var batch = DatagramBatch()
    /// What has passed through the server since it started.
    public private(set) var counts = Counts()

    /// Serves a bound socket.
    public init(socket: consuming DatagramSocket, service: any DatagramService, logger: Logger) {
        self.socket = socket
        self.service = service
        self.logger = logger
    }

    /// Answers datagrams until its task is cancelled.
    ///
    /// Throws when the socket cannot be watched; what goes wrong with one datagram is logged and counted.
    public mutating func run(on loop: EventLoop) async throws(SocketError) {
        let watch = try loop.watch(socket.descriptor, as: .datagrams)
        await loop.callingOff(watch) {
            while !Task.isCancelled, await loop.readable(watch) == .ready {
                receive(watch, loop)
                answer()
                await send(loop)
            }
        }
    }

    private mutating func receive(_ watch: Watch, _ loop: EventLoop) {
        do {
            counts.received += try batch.receive(from: socket)
            if batch.isFull { loop.keepReadable(watch) }
        } catch {
            // An earlier reply met this error on its way; datagrams may still wait behind it.
            logger.debug("\(error)")
            loop.keepReadable(watch)
        }
    }

    private mutating func answer() {
        let service = self.service
        for reply in batch.answer({ service.respond(to: $0, into: &$1) }) {
            counts.oversized += 1
            let sender = reply.sender.map(String.init(describing:)) ?? "nobody"
            logger.warning("reply of \(reply.length) bytes to \(sender) does not fit in a datagram: not sent")
        }
    }

    private mutating func send(_ loop: EventLoop) async {
        counts.sent += batch.count
        while true {
            do {
                if try batch.send(over: socket) { break }
                // Rare: the queue to the network is full. It empties within moments.
                await loop.sleep(until: loop.now + .milliseconds(1))
            } catch {
                counts.sent -= 1
                counts.failed += 1
                logger.warning("\(error)")
            }
        }
    }
}
