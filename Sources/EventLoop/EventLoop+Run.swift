public import System
internal import Synchronization

extension EventLoop {
    /// Runs the loop on a thread of its own until `stop()`.
    public func start() throws(SystemError) {
        try Thread.start { self.run() }
    }

    /// Runs an asynchronous program from first to last on the calling thread, which runs an event loop for it.
    ///
    /// Throws the program's error, or a `SystemError` when no loop can be opened.
    public static func run(_ program: @escaping @Sendable (EventLoop) async throws -> Void) throws {
        let loop = try EventLoop()
        let outcome = Outcome()
        Task(executorPreference: loop) {
            do {
                try await program(loop)
            } catch {
                outcome.failure.withLock { $0 = error }
            }
            loop.stop()
        }
        loop.run()
        if let failure = outcome.failure.withLock({ $0 }) { throw failure }
    }

    private final class Outcome: Sendable {
        let failure = Mutex<(any Error)?>(nil)
    }
}
