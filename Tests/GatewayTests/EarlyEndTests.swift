import EventLoop
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
}
