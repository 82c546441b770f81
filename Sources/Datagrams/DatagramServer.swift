package import EventLoop
package import Logging
package import System

/// The tutorial's UDP server: it receives a datagram, answers its sender, and repeats that for ever.
package struct DatagramServer: ~Copyable {
    private let socket: DatagramSocket
    private let service: any DatagramService
    private let logger: Logger
    private var batch = DatagramBatch()
    /// The number of consecutive batches with several datagrams.
    private var fullBatches = 0
    /// After this many batches the socket is not watched, until a batch has a single datagram or none.
    ///
    /// At a watched socket the kernel searches for waiting senders whenever a reply has left the queue: a twentieth of
    /// the server's time.
    private static let manyBatches = 16
    /// Replies over IPv6 that may be too long for a link on their path.
    private var recent = RecentReplies()
    private let isIPv6: Bool
    private var errors = ErrorRun()
    private var watchErrors = ErrorRun()
    private let observer: DatagramObserver?

    /// Serves a bound socket; `onDatagram` gets an event for each datagram.
    package init(
        socket: consuming DatagramSocket, service: any DatagramService, logger: Logger,
        onDatagram: DatagramEvent.Observer? = nil
    ) {
        let address = try? socket.localAddress()
        isIPv6 = address?.isIPv6 ?? false
        observer = onDatagram.map { DatagramObserver(address: address, report: $0) }
        self.socket = socket
        self.service = service
        self.logger = logger
    }

    /// Answers datagrams until its task is cancelled.
    ///
    /// Throws when the socket cannot be watched; failures of one datagram are logged.
    package mutating func run(on loop: EventLoop) async throws(SystemError) {
        if isIPv6 { try socket.enableReports(about: try socket.localAddress()) }
        let watch = try AsyncWatch(socket.descriptor, as: .datagrams, on: loop)
        while !Task.isCancelled, await watch.readable() == .ready {
            let count = receive(watch)
            observer?.reportReceived(batch)
            answer()
            await send(loop)
            watchOrReadOn(after: count, watch)
            if let pause = errors.pause ?? watchErrors.pause { await loop.sleep(until: .now() + pause) }
        }
    }

    private mutating func receive(_ watch: AsyncWatch) -> Int {
        do {
            let count = try batch.receive(from: socket)
            errors.end()
            return count
        } catch {
            // The error usually belongs to an earlier reply; datagrams may wait after it.
            if !takeReports() {
                errors.note()
                logger.log(level: errors.pause == nil ? .debug : .error, "\(error)")
            }
            watch.keepReadable()
            return 0
        }
    }

    /// Takes the network's reports of earlier replies, and sends those again that were too long; false where there is
    /// no report.
    private mutating func takeReports() -> Bool {
        guard isIPv6 else { return false }
        var (count, replies) = (0, [] as [RecentReplies.Reply])
        // The kernel bounds the queue; this bound holds against reports that come as fast as they are taken.
        while count < 1024, let report = socket.takeReport() {
            count += 1
            if report.reason == .messageTooLong, report.origin == .network, let peer = report.peer,
                let reply = recent.take(for: peer, startingWith: report.beginning, tooLongFor: report.mtu)
            {
                replies.append(reply)
            }
        }
        // Not before: a report that still waits fails the next send.
        for reply in replies { sendAgain(reply) }
        return count > 0
    }

    /// Sends a reply again; a call that fails may only have told of a report about another one.
    private mutating func sendAgain(_ reply: RecentReplies.Reply) {
        var failure: SystemError?
        for _ in 0..<RecentReplies.capacity {
            do throws(SystemError) {
                try sendOnce(reply)
                observer?.reportSentAgain(reply, nil)
                return
            } catch {
                failure = error
                guard takeReports() else { break }
            }
        }
        guard let failure else { return }
        observer?.reportSentAgain(reply, failure)
        logger.warning("\(failure)")
    }

    private func sendOnce(_ reply: RecentReplies.Reply) throws(SystemError) {
        guard try socket.send(reply.bytes.span, to: reply.receiver, from: reply.source) else {
            throw SystemError(.send, reply.receiver, .wouldBlock)
        }
    }

    /// Decides whether to watch the socket: after several datagrams at once, more have probably come by now.
    private mutating func watchOrReadOn(after count: Int, _ watch: AsyncWatch) {
        if count > 1 {
            fullBatches += 1
            if fullBatches == Self.manyBatches { watch.pause() }
            watch.keepReadable()
        } else {
            do {
                if fullBatches >= Self.manyBatches { try watch.resume() }
                fullBatches = 0
                watchErrors.end()
            } catch {
                watchErrors.note()
                logger.warning("\(error)")
                watch.keepReadable()
            }
        }
    }

    private mutating func answer() {
        let service = self.service
        for reply in batch.answer({ service.respond(to: $0, into: &$1) }) {
            observer?.reportOversized(reply)
            let sender = reply.sender.map(String.init(describing:)) ?? "an unknown sender"
            logger.warning("reply of \(reply.length) bytes to \(sender) does not fit in a datagram: not sent")
        }
    }

    private mutating func send(_ loop: EventLoop) async {
        if isIPv6 {
            batch.forEachReply(ofAtLeast: RecentReplies.shortest) { recent.keep($3, for: $1, from: $2) }
        }
        var failures: [Int: SystemError] = [:]
        defer {
            observer?.reportSent(batch, failures)
            if batch.hasLostError { _ = takeReports() }
        }
        while true {
            do {
                // A queue to the network that stays full must not keep the server from its end.
                if try batch.send(over: socket) || Task.isCancelled { break }
                // Rare: the queue is full, and empties within moments.
                await loop.sleep(until: loop.now + .milliseconds(1))
            } catch {
                // A report of an earlier reply comes in place of this one's result. Where a filter of this host rejects this one,
                // each attempt has a report of its own, so that there is only one more.
                if takeReports(), batch.restoreSkipped() { continue }
                if observer != nil { failures[batch.sent - 1] = error }
                logger.warning("\(error)")
            }
        }
    }
}
