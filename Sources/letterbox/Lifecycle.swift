internal import CommandLineSupport
internal import EventLoop
internal import Gateway
internal import Glibc
internal import System
internal import Synchronization

/// The program's reaction to signals, by its phase.
///
/// During the start a signal to end ends the program at once, for nothing has begun; later the first one begins the
/// end, and the next one cuts it short. A HUP asks for a reload, which is performed from the ready line on until the drain,
/// also where it was asked for before; where the terminal of the start is gone, it asks for the end.
final class Lifecycle: Sendable {
    private enum Phase {
        case starting, running
        /// Told to end, and serving: the drain delay.
        case ending
        case draining
    }

    private let phase = Mutex(Phase.starting)
    /// The requests to reload; those that come during the start or a reload count as one.
    private let reloads: AsyncStream<Void>
    private let reload: AsyncStream<Void>.Continuation
    private let ends: AsyncStream<Void>
    private let ended: AsyncStream<Void>.Continuation

    /// Begins to read signals, which are already blocked.
    init(on loop: EventLoop) {
        (reloads, reload) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (ends, ended) = AsyncStream.makeStream()
        Task(executorPreference: loop) {
            do {
                let signals = try Signals(on: loop)
                while true { self.handle(await signals.next()) }
            } catch {
                Console.fatal("letterbox: \(error)")
                Glibc.exit(2)
            }
        }
    }

    /// Waits until a signal asks the program to end; called once more, until another one does.
    func end() async {
        for await _ in ends { return }
    }

    /// Marks the start as complete: from now on the first signal to end begins the drain.
    func run() { phase.withLock { $0 = .running } }

    /// Performs the requested reloads in a task of its own, until that is cancelled.
    ///
    /// - `manager`: it hears of them while the program is not told to end.
    func performReloads(
        reportingTo manager: ServiceManager?, on loop: EventLoop, by make: @escaping @Sendable () -> Reloading
    ) -> Task<Void, Never> {
        Task(executorPreference: loop) {
            let reloading = make()
            for await _ in self.reloads { await reloading.perform(reportingTo: self.isEnding ? nil : manager) }
        }
    }

    /// Whether a signal has asked the running program to end.
    private var isEnding: Bool { phase.withLock { $0 == .ending || $0 == .draining } }

    /// Marks the beginning of the drain: nothing is reloaded from now on.
    func drain() { phase.withLock { $0 = .draining } }

    private func handle(_ signal: SignalDescriptor.Request) {
        let isHangup = signal == .hangup && ControllingTerminal.isGone && !SignalDescriptor.ignoresHangup
        // The kernel and the shell both send a HUP where a terminal is closed: the second one must not cut the end short.
        if isHangup, isEnding { return }
        let request = isHangup ? .end : signal
        let before = phase.withLock { phase in
            defer { if request == .end, phase == .running { phase = .ending } }
            return phase
        }
        switch (before, request) {
        case (.starting, .end): Glibc.exit(0)
        case (_, .end): ended.yield()
        case (.draining, .hangup):
            Console.error("A HUP changes nothing any more: the gateway finishes its last requests", as: .notice)
        case (_, .hangup): reload.yield()
        }
    }
}

extension ServiceManager {
    /// The pause before a message is sent again.
    private static let pause = Interval.milliseconds(100)

    /// Sends a state, and again while the manager's queue is full: it ends a program whose start it does not hear of.
    func report(_ state: State, _ status: String? = nil, on loop: EventLoop) {
        // One task sends all that waits.
        let isRepeating = hasWaiting
        if notify(state, status) || isRepeating { return }
        Task(executorPreference: loop) {
            repeat { await loop.sleep(until: loop.now + Self.pause) } while !self.resend()
        }
    }

    /// Sends the watchdog's signs of life, as long as all loops of the gateway run.
    func watch(_ gateway: Gateway, on loop: EventLoop) {
        guard let interval = watchdogInterval else { return }
        // Twice as often as required: sd_watchdog_enabled(3).
        let pause = Interval(nanoseconds: max(1_000_000, interval.nanoseconds / 2))
        Task(executorPreference: loop) {
            while true {
                await gateway.checkLoops()
                self.notify(.alive)
                await loop.sleep(until: loop.now + pause)
            }
        }
    }
}
