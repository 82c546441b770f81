import EventLoop
import Glibc
import System
import Synchronization

/// A UDP service that takes some milliseconds for each reply, remembers all that it received, and can hold replies back.
final class SlowService: Sendable {
    private let peer = UDPPeer()
    private let state = Mutex(State())

    private struct State {
        var received: [String] = []
        /// Replies that wait for their time.
        var waiting: [(body: String, sender: SocketAddress, due: ContinuousClock.Instant)] = []
        /// Which bodies wait longer than that.
        var isHeld: @Sendable (String) -> Bool = { _ in false }
        var hasEnded = false
    }

    /// The service's reply to a body.
    static func reply(to body: String) -> String { "reply to \(body)" }

    /// Receives on one thread and replies on another until `end()`.
    init() throws {
        try Thread.start { [self] in receive() }
        try Thread.start { [self] in reply() }
    }

    var address: SocketAddress { peer.address }

    /// The bodies that came, in order.
    var received: [String] { state.withLock { $0.received } }

    /// Holds the replies to some bodies back from now on.
    func hold(_ isHeld: @escaping @Sendable (String) -> Bool) { state.withLock { $0.isHeld = isHeld } }

    /// How many replies are held back.
    var held: Int { state.withLock { state in state.waiting.count { state.isHeld($0.body) } } }

    /// Ends both threads.
    func end() throws {
        state.withLock { $0.hasEnded = true }
        // The one that receives waits for something to come.
        peer.send("", to: address)
    }

    private func receive() {
        while let (bytes, sender) = try? peer.receive(), !state.withLock({ $0.hasEnded }) {
            let body = String(decoding: bytes, as: UTF8.self)
            let due = ContinuousClock.now + .milliseconds(Int.random(in: 3...12))
            state.withLock { state in
                state.received.append(body)
                state.waiting.append((body, sender, due))
            }
        }
    }

    private func reply() {
        while !state.withLock({ $0.hasEnded }) {
            usleep(1000)
            let due = state.withLock { state in
                let now = ContinuousClock.now
                let index = state.waiting.partition { $0.due <= now && !state.isHeld($0.body) }
                defer { state.waiting.removeSubrange(index...) }
                return Array(state.waiting[index...])
            }
            for (body, sender, _) in due { peer.send(Self.reply(to: body), to: sender) }
        }
    }
}
