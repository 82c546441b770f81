package import EventLoop
package import System

/// Sends a datagram once and collects the replies of one service or of many; one that was too long for a link on its
/// path, and so did not arrive, it sends again in fragments.
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

    private let servers: [SocketAddress]
    /// The time for which it collects.
    package let timeout: Interval
    private let onDatagram: DatagramEvent.Observer?

    /// Prepares to ask a server at its addresses, which may be those of a group or a broadcast.
    package init(servers: [SocketAddress], timeout: Interval, onDatagram: DatagramEvent.Observer? = nil) {
        precondition(!servers.isEmpty, "a server has an address")
        self.servers = servers
        self.timeout = timeout
        self.onDatagram = onDatagram
    }

    /// Sends the datagram and passes each reply on as it comes, until there are `most` or the time is over; returns
    /// their number.
    ///
    /// The addresses are asked one after another until one replies, and share the time until then.
    package func collect(
        _ message: [UInt8], most: Int, on loop: EventLoop, _ take: (Reply) -> Void
    ) async throws(DatagramClientError) -> Int {
        guard message.count <= DatagramSocket.maximumPayload else { throw .tooLong(message.count) }
        let end = MonotonicTime.now() + timeout
        var failures: [DatagramClientError] = []
        for (index, server) in servers.enumerated() {
            let now = MonotonicTime.now()
            let share = Interval(nanoseconds: end.since(now).nanoseconds / UInt64(servers.count - index))
            do throws(SystemError) {
                let count = try await exchange(message, most, with: server, until: (now + share, end), loop, take)
                if count > 0 { return count }
                failures.append(.timedOut([server], after: share, attempts: 1))
            } catch {
                failures.append(error.reason == .connectionRefused ? .refused([server]) : .failed(error))
            }
        }
        let failure = DatagramClientError.summary(of: failures, within: timeout)
        if case .timedOut = failure { return 0 }
        throw failure
    }

    /// - `ends`: the end of the wait for the first reply, and that for further ones.
    private func exchange(
        _ message: [UInt8], _ most: Int, with server: SocketAddress, until ends: (MonotonicTime, MonotonicTime),
        _ loop: EventLoop, _ take: (Reply) -> Void
    ) async throws(SystemError) -> Int {
        let socket = try open(towards: server)
        let watch = try AsyncWatch(socket.descriptor, as: .datagrams, on: loop)
        var batch = DatagramBatch(capacity: 16)
        let start = MonotonicTime.now()
        let local = onDatagram == nil ? nil : try? socket.source(towards: server)
        try await send(message, from: local, to: server, over: socket, "sent", until: ends.0, loop)
        var (count, received, repeats) = (0, 0, 0)
        var report: SystemError?
        while count < most {
            let end = count == 0 ? ends.0 : ends.1
            // Datagrams that never end are no reason to wait longer.
            guard .now() < end, await watch.readable(until: end) == .ready else { break }
            do throws(SystemError) {
                received = try batch.receive(from: socket)
            } catch {
                // A report about the datagram, which comes before the replies that wait already.
                socket.dropReports()
                watch.keepReadable()
                // A router dropped the datagram, see ``DatagramClient``; a reply shows that it has arrived since.
                if error.reason == .messageTooLong, count == 0, repeats < DatagramClient.mostRepeats {
                    repeats += 1
                    try await send(
                        message, from: local, to: server, over: socket, "sent again in fragments", until: ends.0, loop)
                } else {
                    report = SystemError(.receive, server, error.reason)
                }
                continue
            }
            if received == 0, count == 0, let report { throw report }
            guard received > 0 else { continue }
            count += pass(on: batch, most - count, to: local, after: MonotonicTime.now().since(start), take)
            watch.keepReadable()
        }
        return count
    }

    /// Passes on at most as many replies as are still wanted; returns their number.
    private func pass(
        on batch: borrowing DatagramBatch, _ most: Int, to local: SocketAddress?, after time: Interval,
        _ take: (Reply) -> Void
    ) -> Int {
        var count = 0
        batch.forEach { sender, _, bytes in
            guard count < most else { return }
            count += 1
            onDatagram?(DatagramEvent(bytes, from: sender, to: local, "received \(time.words)"))
            take(Reply(sender: sender, time: time, bytes: bytes.indices.map { bytes[$0] }))
        }
        return count
    }

    private func open(towards server: SocketAddress) throws(SystemError) -> DatagramSocket {
        let socket = try DatagramSocket(towards: server)
        socket.lengthenQueue()
        try socket.allowFragments(towards: server)
        // A member of a group that reports an error does not speak for the others.
        if !server.isForMany { try socket.enableReports(about: server) }
        return socket
    }

    private func send(
        _ message: [UInt8], from local: SocketAddress?, to server: SocketAddress,
        over socket: borrowing DatagramSocket, _ what: String, until end: MonotonicTime, _ loop: EventLoop
    ) async throws(SystemError) {
        try await whenThereIsRoom(until: end, on: loop) { () throws(SystemError) in
            try socket.send(message.span, to: server)
        }
        onDatagram?(DatagramEvent(message.span, from: local, to: server, what))
    }
}

extension Interval {
    /// The time after the datagram, such as "after 0.412 ms".
    var words: String { "after \(fixedPoint(unit: 1_000_000, digits: 3)) ms" }
}
