package import EventLoop
package import System

/// Sends a datagram once and collects the replies of one service or of many.
///
/// Its socket is not connected: the addresses that answer a group or a broadcast are not known before. So each reply
/// comes with its sender, who may be a stranger.
package struct ReplyCollector {
    /// A received datagram.
    package struct Reply: Sendable {
        package let sender: SocketAddress
        /// The time from the send to the reply.
        package let time: Interval
        package let bytes: [UInt8]
    }

    private let server: SocketAddress
    /// The time for which it collects.
    package let timeout: Interval
    private let onDatagram: DatagramEvent.Observer?

    /// Prepares to ask an address, which may be that of a group or a broadcast address.
    package init(server: SocketAddress, timeout: Interval, onDatagram: DatagramEvent.Observer? = nil) {
        self.server = server
        self.timeout = timeout
        self.onDatagram = onDatagram
    }

    /// Sends the datagram and passes each reply on as it comes, until there are `most` or the time is over; returns
    /// their number.
    package func collect(
        _ message: [UInt8], most: Int, on loop: EventLoop, _ take: (Reply) -> Void
    ) async throws(DatagramClientError) -> Int {
        guard message.count <= DatagramSocket.maximumPayload else { throw .tooLong(message.count) }
        do {
            return try await exchange(message, most, loop, take)
        } catch {
            throw error.reason == .connectionRefused ? .refused(server) : .failed(error)
        }
    }

    private func exchange(
        _ message: [UInt8], _ most: Int, _ loop: EventLoop, _ take: (Reply) -> Void
    ) async throws(SystemError) -> Int {
        let socket = try DatagramSocket(towards: server)
        socket.lengthenQueue()
        try socket.allowFragments(towards: server)
        try socket.enableReports(about: server)
        let watch = try AsyncWatch(socket.descriptor, as: .datagrams, on: loop)
        var batch = DatagramBatch(capacity: 16)
        let start = MonotonicTime.now()
        _ = try socket.send(message.span, to: server)
        onDatagram?(DatagramEvent(message.span, from: try? socket.localAddress(), to: server, "sent"))
        var count = 0
        while count < most, await watch.readable(until: start + timeout) == .ready {
            guard try batch.receive(from: socket) > 0 else { continue }
            let time = MonotonicTime.now().since(start)
            let local = try? socket.localAddress()
            batch.forEach { (sender: SocketAddress, bytes: Span<UInt8>) in
                guard count < most else { return }
                count += 1
                onDatagram?(DatagramEvent(bytes, from: sender, to: local, "received \(time.words)"))
                take(Reply(sender: sender, time: time, bytes: bytes.indices.map { bytes[$0] }))
            }
            watch.keepReadable()
        }
        return count
    }
}

extension Interval {
    /// The time after the datagram, such as "after 0.412 ms".
    var words: String { "after \(fixedPoint(unit: 1_000_000, digits: 3)) ms" }
}
