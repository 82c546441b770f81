import EventLoop
import Glibc
import Logging
import System
import Synchronization
import TestSupport
import Testing

@testable import Datagrams

/// Errors of a receive that last.
@Suite(.timeLimit(.minutes(1))) struct ErrorRunTests {
    @Test func `a few errors are reports, and what goes on is left alone for longer and longer`() {
        var errors = ErrorRun()
        for _ in 0..<16 {
            errors.note()
            #expect(errors.pause == nil)
        }
        var pauses: [UInt64] = []
        for _ in 0..<100 {
            errors.note()
            pauses.append(errors.pause?.nanoseconds ?? 0)
        }
        #expect(pauses.prefix(8).map { $0 / 1_000_000 } == [1, 2, 4, 8, 16, 32, 64, 100])
        #expect(pauses.last == 100_000_000)
        errors.end()
        #expect(errors.pause == nil)
    }

    /// A log that tells when it has had so many messages, and when each came.
    private struct Journal: LogHandler {
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace
        var metadataProvider: Logger.MetadataProvider?
        let told: AsyncStream<MonotonicTime>.Continuation

        func log(event: LogEvent) { told.yield(.now()) }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
    }

    /// The socket becomes a pipe while the server has it, and each receive then fails (recvmmsg(2), ENOTSOCK).
    @Test func `a socket that only fails does not keep the server busy`() async throws {
        let (told, continuation) = AsyncStream<MonotonicTime>.makeStream()
        let logger = Logger(label: "test") { _ in Journal(told: continuation) }
        let socket = try DatagramSocket(boundTo: try #require(SocketAddress("127.0.0.1", port: 0)))
        let (address, number) = (try socket.localAddress(), socket.descriptor.number)
        var ends: [Int32] = [-1, -1]
        _ = unsafe pipe(&ends)
        let pipe = ends[0]
        let service = Scripted { datagram in
            dup2(pipe, number)
            return datagram
        }
        let handover = Handover(socket)
        // Two at once: after them the server looks again without being told to.
        let client = try TestClient(to: address)
        for _ in 0..<2 { try client.send([1]) }
        let times = try await onLoop { loop in
            let run = Task(executorPreference: loop) {
                var server = DatagramServer(socket: try handover.take(), service: service, logger: logger)
                try await server.run(on: loop)
            }
            var times: [MonotonicTime] = []
            for await time in told {
                times.append(time)
                if times.count == 30 { break }
            }
            run.cancel()
            try await run.value
            return times
        }
        for end in ends { close(end) }
        // The pauses before the last one: 1, 2, 4, 8, 16, 32, 64 and three times 100 milliseconds at least.
        #expect(times[29].since(times[0]) >= .milliseconds(400))
    }
}
