import Glibc
import System
import TestSupport
import Testing

@testable import EventLoop

@Suite(.timeLimit(.minutes(1))) struct QueueTests {
    @Test func whatIsReadyComesInOrder() async throws {
        let tags = try await onLoop { loop in
            let ready = ReadyQueue<Int>(on: loop)
            for tag in 1...3 { ready.add(tag) }
            var tags: [Int?] = []
            for _ in 0..<3 { tags.append(await ready.next()) }
            ready.add(4)
            ready.close()
            ready.add(5)
            tags.append(await ready.next())
            tags.append(await ready.next())
            return tags
        }
        #expect(tags == [1, 2, 3, 4, nil])
    }

    /// With real datagrams: a socket without a waiting task tells its handler.
    @Test func whatRealSocketsReport() async throws {
        let report = try await onLoop { loop in
            let any = try #require(SocketAddress("127.0.0.1", port: 0))
            let server = try DatagramSocket(boundTo: any)
            let client = try DatagramSocket(connectedTo: try server.localAddress())
            let recorder = Recorder(on: loop)
            let watch = try loop.watch(server.descriptor, as: .datagrams, handler: recorder)
            _ = try client.send([1].span)
            defer { loop.release(watch) }
            return await recorder.reports.next()
        }
        #expect(report == .toRead)
    }
}
