import EventLoop
import Glibc
import Logging
import System
import Testing

@testable import Gateway

/// A gateway that is told to end before it has begun to serve.
@Suite(.timeLimit(.minutes(1))) struct EarlyEndTests {
    @Test(arguments: [1, 2]) func whatHasArrivedIsAnswered(workers: Int) async throws {
        let echo = try EchoService()
        defer { echo.stop() }
        let listener = try StreamListener(on: try #require(SocketAddress("127.0.0.1", port: 0)))
        let caller = try Caller(port: listener.address.port)
        caller.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
        caller.finishSending()
        let configuration = Configuration.with { $0.workers = workers }
        let address = try #require(SocketAddress("127.0.0.1", port: echo.port))
        let service = Service(path: "/", addresses: [address], configuration: configuration)
        let gateway = try Gateway(
            listener: listener, services: [service], page: Page([]), configuration: configuration,
            logger: Logger(label: "test"))
        // The first that the loop does.
        let end = Task(executorPreference: gateway.workers[0].loop) { await gateway.drain() }
        try await gateway.run()
        await end.value
        let answer = try Answer(caller.receiveAll(), hasContent: true)
        #expect(answer.status == 200 && answer.content == "hello")
    }

    /// The acceptor drains its queue also while it pauses for want of descriptors; they are those of a process of its own.
    @Test func whatArrivesDuringAPauseIsAnswered() async throws {
        await #expect(processExitsWith: .success) {
            let echo = try EchoService()
            let listener = try StreamListener(on: try #require(SocketAddress("127.0.0.1", port: 0)))
            let caller = try Caller(port: listener.address.port)
            caller.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
            caller.finishSending()
            let configuration = Configuration.with { $0.workers = 1 }
            let address = try #require(SocketAddress("127.0.0.1", port: echo.port))
            let service = Service(path: "/", addresses: [address], configuration: configuration)
            let gateway = try Gateway(
                listener: listener, services: [service], page: Page([]), configuration: configuration,
                logger: Logger(label: "test"))
            let most = DescriptorLimit.close()
            let worker = gateway.workers[0]
            let end = Task(executorPreference: worker.loop) {
                while await worker.counts.http.descriptorShortages == 0 { await Task.yield() }
                DescriptorLimit.set(most)
                await gateway.drain()
            }
            try await gateway.run()
            await end.value
            let answer = try Answer(caller.receiveAll(), hasContent: true)
            try #require(answer.status == 200 && answer.content == "hello")
        }
    }
}

/// The number of descriptors that this process may have (getrlimit(2)).
private enum DescriptorLimit {
    /// Lets it open none from now on; returns the limit before.
    static func close() -> rlimit {
        var before = rlimit()
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &before)
        let next = fcntl(0, F_DUPFD, 0)
        Glibc.close(next)
        set(rlimit(rlim_cur: rlim_t(next), rlim_max: before.rlim_max))
        return before
    }

    static func set(_ limit: rlimit) {
        var limit = limit
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
