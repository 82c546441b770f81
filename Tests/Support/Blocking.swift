package import System

extension Thread {
    /// Runs blocking work on a thread of its own, and suspends the caller until the result is there.
    package static func blocking<Success: Sendable>(_ work: @escaping @Sendable () throws -> Success) async throws
        -> Success
    {
        try await withCheckedThrowingContinuation { continuation in
            do { try start { continuation.resume(with: Result { try work() }) } } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
