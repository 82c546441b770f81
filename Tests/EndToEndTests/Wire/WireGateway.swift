import System
import Testing

/// The real program, started for a suite on ports that the system chooses, and stopped after it.
struct WireGateway: SuiteTrait, TestScoping {
    /// Where the gateway of the running suite listens.
    @TaskLocal static var port: UInt16 = 0

    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing run: @Sendable @concurrent () async throws -> Void
    ) async throws {
        let gateway = try RunningGateway()
        defer { withExtendedLifetime(gateway) {} }
        try await Self.$port.withValue(gateway.address.port) { try await run() }
    }
}
