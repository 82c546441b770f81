import EventLoop
import Synchronization
import System
import TestSupport
import Testing

@testable import Datagrams

@Suite(.timeLimit(.minutes(1))) struct ReplyCollectorTests {
    /// Each reply that is taken calls forth another one, so that one waits always.
    @Test func repliesWithoutEndDoNotOutlastTheTime() async throws {
        let time = try await onLoop { loop in
            let server = try TestClient()
            let client = Mutex<SocketAddress?>(nil)
            let answering = Task(executorPreference: loop) {
                let watch = try server.watch(on: loop)
                var batch = DatagramBatch()
                while try batch.receive(from: server.socket) == 0 { _ = await watch.readable() }
                batch.forEach { sender, _, _ in client.withLock { $0 = sender } }
                try server.send([65], to: client)
            }
            let collector = ReplyCollector(servers: [server.address], timeout: .milliseconds(200))
            let start = MonotonicTime.now()
            let count = try await collector.collect([97], most: .max, on: loop) { _ in
                if MonotonicTime.now().since(start) < .seconds(20) { try? server.send([65], to: client) }
            }
            try await answering.value
            #expect(count > 1)
            return MonotonicTime.now().since(start)
        }
        #expect(time < .seconds(10))
    }
}

extension TestClient {
    fileprivate func send(_ bytes: [UInt8], to client: borrowing Mutex<SocketAddress?>) throws {
        if let address = client.withLock(\.self) { _ = try socket.send(bytes.span, to: address) }
    }
}
