import Foundation
import Testing

/// The real program, started for a suite on ports that the system chooses, and stopped after it.
struct WireGateway: SuiteTrait, TestScoping {
    /// Where the gateway of the running suite listens.
    @TaskLocal static var port: UInt16 = 0

    struct NotReady: Error { var text: String }

    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing run: @Sendable @concurrent () async throws -> Void
    ) async throws {
        let process = Process()
        let errors = Pipe()
        // The program lies beside the tests' own bundle.
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
            .deletingLastPathComponent().appendingPathComponent("letterbox")
        process.arguments = ["--port", "0", "--server-port", "0"]
        process.standardError = errors
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        let port = try Self.readPort(errors.fileHandleForReading)
        // Whatever else it says must not fill the pipe.
        errors.fileHandleForReading.readabilityHandler = { _ = $0.availableData }
        try await Self.$port.withValue(port) { try await run() }
    }

    /// Waits for "The gateway is ready: http://127.0.0.1:PORT -> ...".
    private static func readPort(_ pipe: FileHandle) throws -> UInt16 {
        var text = ""
        while true {
            if let match = text.firstMatch(of: /ready: http:\/\/127\.0\.0\.1:([0-9]+)\s/), let port = UInt16(match.1) {
                return port
            }
            let data = pipe.availableData
            guard !data.isEmpty else { throw NotReady(text: text) }
            text += String(decoding: data, as: UTF8.self)
        }
    }
}
