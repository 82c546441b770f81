internal import EventLoop
internal import System

/// Applies the decisions of each direction's impairment, and counts.
///
/// It belongs to one proxy and runs only on its loop's thread.
final class NoiseForwarder {
    /// A datagram under way.
    private struct Held {
        let bytes: [UInt8]
        let direction: NoiseDirection
        let link: NoiseLink
    }

    /// The socket that clients send to and get replies from.
    let socket: DatagramSocket
    /// The counters so far.
    var counts = BothWays(NoiseCounts())
    private var impairments: BothWays<NoiseImpairment>
    private var held: NoiseHeldQueue<Held>
    private let start = MonotonicTime.now()
    /// Whether a refused datagram may go to another address.
    private let keepsLatest: Bool
    private let onEvent: (@Sendable (NoiseEvent) -> Void)?

    init(
        socket: consuming DatagramSocket, seed: UInt64, heldBytes: Int, keepsLatest: Bool,
        onEvent: (@Sendable (NoiseEvent) -> Void)?
    ) {
        self.socket = socket
        self.keepsLatest = keepsLatest
        self.onEvent = onEvent
        impairments = BothWays(
            toServer: NoiseImpairment(seed: seed, direction: .toServer),
            toClient: NoiseImpairment(seed: seed, direction: .toClient))
        held = NoiseHeldQueue(limit: heldBytes)
    }

    /// The arrival of the next datagram under way.
    var nextDue: MonotonicTime { held.nextDue ?? .never }

    /// Passes one datagram on as its impairment decides.
    func forward(
        _ datagram: Span<UInt8>, _ direction: NoiseDirection, _ link: NoiseLink, _ settings: NoiseSettings,
        _ now: MonotonicTime
    ) {
        var passage = impairments[direction].next(size: datagram.count, under: settings)
        counts[direction].note(passage)
        if let copy = passage.first { passage.first?.failure = forward(datagram, as: copy, direction, link, now) }
        if let copy = passage.second { passage.second?.failure = forward(datagram, as: copy, direction, link, now) }
        report(passage, direction, link.client, now)
    }

    /// Counts a client's datagram for which there is no room or no socket.
    func recordRejected(_ datagram: Span<UInt8>, of client: NoiseClient, _ reason: SystemError?, _ now: MonotonicTime) {
        counts.toServer.received += 1
        counts.toServer.rejected += 1
        let passage = NoisePassage(number: nil, size: datagram.count, first: nil, second: nil, rejection: reason)
        report(passage, .toServer, client, now)
    }

    private func report(
        _ passage: NoisePassage, _ direction: NoiseDirection, _ client: NoiseClient, _ now: MonotonicTime
    ) {
        onEvent?(NoiseEvent(time: now.since(start), direction: direction, client: client.address, passage: passage))
    }

    /// Sends the datagrams whose delay is over, and reports the client of each.
    func release(at now: MonotonicTime, _ report: (NoiseClient) -> Void) {
        while let next = held.popDue(at: now) {
            // The server's address may have refused another datagram meanwhile.
            let link = next.link.current
            counts[next.direction].held -= 1
            link.held -= 1
            _ = send(next.bytes.span, next.direction, link)
            report(link.client)
        }
    }

    /// Counts a report that the server's port is closed.
    func note(_ error: SystemError, _ direction: NoiseDirection, _ link: NoiseLink) {
        guard error.reason == .connectionRefused else { return }
        counts[direction].refused += 1
        if direction == .toServer { link.isRefused = true }
    }

    /// Sends a refused datagram to another one of the server's addresses; it is already counted.
    func sendAgain(_ datagram: [UInt8], over link: NoiseLink) {
        link.latest = datagram
        _ = try? link.socket.send(datagram.span)
    }

    /// Sends a copy or holds it back; returns the reason where neither is possible.
    private func forward(
        _ datagram: Span<UInt8>, as copy: NoisePassage.Copy, _ direction: NoiseDirection, _ link: NoiseLink,
        _ now: MonotonicTime
    ) -> NoisePassage.Failure? {
        if copy.delay.nanoseconds > 0 {
            return hold(copy.applied(to: datagram), direction, link, until: now + copy.delay)
        }
        if copy.flippedBit != nil { return send(copy.applied(to: datagram).span, direction, link) }
        return send(datagram.extracting(first: copy.length), direction, link)
    }

    private func hold(
        _ bytes: [UInt8], _ direction: NoiseDirection, _ link: NoiseLink, until due: MonotonicTime
    ) -> NoisePassage.Failure? {
        guard held.hasRoom(for: bytes.count) else {
            counts[direction].overflowed += 1
            return .overflowed
        }
        counts[direction].held += 1
        link.held += 1
        held.insert(Held(bytes: bytes, direction: direction, link: link), size: bytes.count, due: due)
        return nil
    }

    private func send(
        _ datagram: Span<UInt8>, _ direction: NoiseDirection, _ link: NoiseLink
    ) -> NoisePassage.Failure? {
        if direction == .toServer, keepsLatest { (link.latest, link.refusals) = ([UInt8](copying: datagram), 0) }
        var failure: SystemError?
        // The first call may only report an earlier datagram (udp(7)), by whatever error; the second one then sends this datagram.
        for _ in 0..<2 {
            do {
                if try transmit(datagram, direction, link) {
                    counts[direction].sent += 1
                    return nil
                }
                // Rare: the queue to the network is full, and empties within moments.
                return hold([UInt8](copying: datagram), direction, link, until: .now() + .milliseconds(1))
            } catch {
                note(error, direction, link)
                failure = error
            }
        }
        counts[direction].failed += 1
        return failure.map { .unsent($0) }
    }

    private func transmit(
        _ datagram: Span<UInt8>, _ direction: NoiseDirection, _ link: NoiseLink
    ) throws(SystemError) -> Bool {
        switch direction {
        case .toServer: try link.socket.send(datagram)
        case .toClient: try socket.send(datagram, to: link.client.address, from: link.client.replySource)
        }
    }
}
