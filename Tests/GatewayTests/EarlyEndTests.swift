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

    /// Each of them, idle after its response, leaves the descriptor to the next one.
    @Test func whatArrivesIsAnsweredWithOneDescriptor() async throws {
        await #expect(processExitsWith: .success) {
            let listener = try StreamListener(on: try #require(SocketAddress("127.0.0.1", port: 0)))
            let first = try Self.ask("GET /healthz", port: listener.address.port)
            let second = try Self.ask("GET /healthz", port: listener.address.port)
            let third = try Self.ask("GET /healthz", port: listener.address.port)
            let gateway = try Self.gateway(at: listener, port: 9, workers: 1)
            try await DescriptorLimit.openOthers()
            let most = DescriptorLimit.close(leaving: 1)
            let end = Task(executorPreference: gateway.workers[0].loop) { await gateway.drain() }
            try await gateway.run()
            await end.value
            DescriptorLimit.set(most)
            try #require(first.receiveAll().hasPrefix("HTTP/1.1 200"))
            try #require(second.receiveAll().hasPrefix("HTTP/1.1 200"))
            try #require(third.receiveAll().hasPrefix("HTTP/1.1 200"))
        }
    }

    /// The worker with the most connections has no idle one.
    @Test func theOtherWorkerFreesADescriptor() async throws {
        await #expect(processExitsWith: .success) {
            let any = try #require(SocketAddress("127.0.0.1", port: 0))
            let silent = try BlockingDatagramSocket(.ipv4)
            try silent.bind(to: any)
            let listener = try StreamListener(on: any)
            let port = listener.address.port
            let gateway = try Self.gateway(at: listener, port: try silent.localAddress().port, workers: 2)
            let running = Task { try await gateway.run() }
            let busy = try Self.ask("POST /", port: port)
            let idle = try Self.ask("GET /healthz", port: port)
            let alsoBusy = try Self.ask("POST /", port: port)
            _ = try idle.receive(until: "ok")
            for _ in 0..<2 { _ = try silent.receive(upTo: 1) }
            try await DescriptorLimit.openOthers()
            // The caller has the last descriptor.
            _ = DescriptorLimit.close(leaving: 1)
            let last = try Self.ask("GET /healthz", port: port)
            _ = try last.receive(until: "ok")
            withExtendedLifetime(running) {}
            try #require(busy.send("") && alsoBusy.send(""))
        }
    }

    private static func ask(_ line: String, port: UInt16) throws -> Caller {
        let caller = try Caller(port: port)
        caller.send("\(line) HTTP/1.1\r\nHost: a\r\n\r\n")
        return caller
    }

    private static func gateway(at listener: consuming StreamListener, port: UInt16, workers: Int) throws -> Gateway {
        let configuration = Configuration.with {
            $0.workers = workers
            $0.timeout = .seconds(300)
        }
        let address = try #require(SocketAddress("127.0.0.1", port: port))
        let service = Service(path: "/", addresses: [address], configuration: configuration)
        return try Gateway(
            listener: listener, services: [service], page: Page([]), configuration: configuration,
            logger: Logger(label: "test"))
    }
}

/// The number of descriptors that this process may have (getrlimit(2)).
private enum DescriptorLimit {
    /// Lets it open no more than a few from now on; returns the limit before.
    static func close(leaving count: Int = 0) -> rlimit {
        var before = rlimit()
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &before)
        let next = fcntl(0, F_DUPFD, 0)
        Glibc.close(next)
        set(rlimit(rlim_cur: rlim_t(Int(next) + count), rlim_max: before.rlim_max))
        return before
    }

    /// Lets the Swift runtime open its own descriptors now, which its first timer needs.
    static func openOthers() async throws { try await Task.sleep(for: .milliseconds(1)) }

    static func set(_ limit: rlimit) {
        var limit = limit
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
