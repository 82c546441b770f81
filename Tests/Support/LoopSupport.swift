package import EventLoop

/// Runs a program on a fresh loop with a thread of its own, so that the test's own pool never waits.
package func onLoop<Success: Sendable>(
    _ program: @escaping @Sendable (EventLoop) async throws -> Success
) async throws -> Success {
    let loop = try EventLoop()
    try loop.start()
    defer { loop.stop() }
    return try await Task(executorPreference: loop) { try await program(loop) }.value
}
