internal import EventLoop
internal import Gateway
internal import Glibc
internal import System
internal import Synchronization

/// What the program does about signals, which depends on how far it has come.
///
/// A request to end while it starts ends it at once, for nothing has begun; the first one later lets it finish; one more
/// ends it at once.
final class Lifecycle: Sendable {
    private enum Phase { case starting, running, ending }

    private let phase = Mutex(Phase.starting)
    /// What is asked for while the program runs: `.end` is the last.
    let requests: AsyncStream<Signals.Request>
    private let continuation: AsyncStream<Signals.Request>.Continuation

    /// Begins to listen to signals, which are blocked already.
    init(on loop: EventLoop) {
        (requests, continuation) = AsyncStream.makeStream()
        Task(executorPreference: loop) {
            do {
                let signals = try Signals(on: loop)
                while true { self.handle(await signals.next()) }
            } catch {
                Console.error("letterbox: \(error)")
                Glibc.exit(2)
            }
        }
    }

    /// Everything has started: from now on the first request to end lets the program finish.
    func run() { phase.withLock { $0 = .running } }

    private func handle(_ request: Signals.Request) {
        let before = phase.withLock { phase in
            defer { if request == .end, phase == .running { phase = .ending } }
            return phase
        }
        switch (before, request) {
        case (.starting, .end): Glibc.exit(0)
        case (.running, _): continuation.yield(request)
        case (.ending, .end):
            Console.error("letterbox: told to end once more; connections under way are cut", as: .warning)
            Glibc.exit(1)
        case (.starting, .reload), (.ending, .reload): return
        }
    }
}

extension ServiceManager {
    /// Gives signs of life as often as they are wanted, as long as all loops of the gateway turn.
    func watch(_ gateway: Gateway, on loop: EventLoop) {
        guard let interval = watchdogInterval else { return }
        // Twice as often as it must be: sd_watchdog_enabled(3).
        let pause = Interval(nanoseconds: max(1_000_000, interval.nanoseconds / 2))
        Task(executorPreference: loop) {
            while true {
                await gateway.awaitTurns()
                self.tell(.alive)
                await loop.sleep(until: loop.now + pause)
            }
        }
    }
}
