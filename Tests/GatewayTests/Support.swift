import CLinux
import EventLoop
import Glibc
import HTTP
import Logging
import System
import Synchronization
import Testing

@testable import Gateway

extension Statistics.Snapshot {
    /// The counts of these workers, under the default limits.
    static func of(_ workers: [Statistics.Entry]) -> Self {
        var numbers = AddressNumbers()
        return Self(
            workers: workers, numbers: numbers.update(with: workers), limits: SharedLimits(Configuration()),
            process: ProcessUsage.current())
    }
}

extension Configuration {
    /// The defaults, changed.
    static func with(_ change: (inout Self) throws -> Void) rethrows -> Self {
        var configuration = Self()
        try change(&configuration)
        return configuration
    }
}

extension ServiceTable {
    /// Services whose exchanges have limits and replies of their own.
    init(_ services: [Service], on loop: EventLoop) {
        self.init(
            services.map { service in
                ServiceRoute(
                    service,
                    Upstream(
                        configuration: service.configuration, policy: service.replies,
                        limits: SharedLimits(service.configuration), replies: ReplyBuffer(), loop: loop))
            })
    }
}

/// A gateway on a free port, in front of a UDP socket that a test answers itself.
final class GatewayFixture: Sendable {
    let gateway: Gateway
    let address: SocketAddress
    let service: DatagramSocket
    private let running: Task<Void, any Error>
    private let isDraining = Atomic(false)

    init(_ configuration: Configuration = Configuration()) throws {
        let any = try #require(SocketAddress("127.0.0.1", port: 0))
        let listener = try StreamListener(on: any)
        address = try #require(listener.address.socketAddress)
        service = try DatagramSocket(boundTo: any)
        let upstream = Service(path: "/", addresses: [try service.localAddress()], configuration: configuration)
        gateway = try Gateway(
            listener: listener, services: [upstream],
            page: Page([
                Page.Source(name: "index.html", bytes: Array("<p>page".utf8), modified: 0),
                Page.Source(name: "big.txt", bytes: [UInt8](repeating: 98, count: 100_000), modified: 0),
            ]),
            configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let gateway = self.gateway
        running = Task { try await gateway.run() }
    }

    /// Answers datagrams in capitals until the task is cancelled.
    func answer(on loop: EventLoop) throws -> Task<Void, any Error> {
        Task(executorPreference: loop) {
            let watch = try AsyncWatch(self.service.descriptor, as: .datagrams, on: loop)
            var batch = DatagramBatch()
            while !Task.isCancelled, await watch.readable() == .ready {
                guard let count = try? batch.receive(from: self.service), count > 0 else { continue }
                _ = batch.answer { datagram, reply in
                    for index in datagram.indices { reply.append(datagram[index] & 0xDF) }
                }
                _ = try? batch.send(over: self.service)
            }
        }
    }

    /// Does something while the thread of the gateway's first worker is held up, which hears of all of it at once.
    func whileHeldUp<Result>(by loop: EventLoop, _ body: () throws -> Result) async throws -> Result {
        let (isHeldUp, mayGoOn) = (Flag(), Flag())
        Task(executorPreference: gateway.workers[0].loop) {
            isHeldUp.raise()
            while !mayGoOn.isRaised { usleep(1000) }
        }
        defer { mayGoOn.raise() }
        while !isHeldUp.isRaised { await loop.sleep(until: loop.now + .milliseconds(1)) }
        return try body()
    }

    final class Flag: Sendable {
        private let value = Atomic(false)

        var isRaised: Bool { value.load(ordering: .acquiring) }

        func raise() { value.store(true, ordering: .releasing) }
    }

    /// Tells the gateway to end, once: after its end the call would not return.
    func drain() async {
        if !isDraining.exchange(true, ordering: .relaxed) { await gateway.drain() }
    }

    /// Ends the gateway and waits for it.
    func close() async throws {
        await drain()
        try await running.value
    }
}

/// A client that sends and reads bytes as the test says.
final class LoopCaller {
    let socket: StreamSocket
    private let watch: AsyncWatch
    private let loop: EventLoop
    private(set) var received: [UInt8] = []
    private(set) var isReset = false

    init(_ address: SocketAddress, on loop: EventLoop) throws {
        let number = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = address.port.bigEndian
        target.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = unsafe withUnsafePointer(to: target) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(status == 0)
        try #require(fcntl(number, F_SETFL, O_NONBLOCK) == 0)
        // One send is one segment.
        var on: Int32 = 1
        unsafe setsockopt(number, Int32(IPPROTO_TCP), Int32(TCP_NODELAY), &on, socklen_t(MemoryLayout<Int32>.size))
        self.loop = loop
        socket = StreamSocket(owning: number)
        watch = try AsyncWatch(socket.descriptor, as: .stream, on: loop)
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        let count = try socket.send(bytes.span)
        #expect(count == bytes.count)
    }

    /// Waits for one piece; false at the end of the stream.
    @discardableResult
    func receive() async -> Bool {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            do {
                if let count = try socket.receive(into: &bytes, bytes.indices) {
                    received += bytes[..<count]
                    return count > 0
                }
            } catch {
                isReset = true
                return false
            }
            _ = await watch.readable()
        }
    }

    var text: String { String(decoding: received, as: UTF8.self) }

    /// Reads until the text has come that often; false when the stream ends before.
    func wait(for text: String, count: Int = 1) async -> Bool {
        while self.text.split(separator: text, omittingEmptySubsequences: false).count <= count {
            guard await receive() else { return false }
        }
        return true
    }

    /// Whether the peer has answered bytes with a reset.
    var isAnsweredWithReset: Bool {
        get async {
            do { return try socket.send([97].span) == nil } catch { return true }
        }
    }

    /// Reads to the end of the stream.
    func readAll() async -> String {
        while await receive() {}
        return text
    }
}

/// Runs a test's program with a gateway and a client's loop.
func withGateway(
    _ configuration: Configuration = Configuration(),
    _ program: @escaping @Sendable (GatewayFixture, EventLoop) async throws -> Void
) async throws {
    let fixture = try GatewayFixture(configuration)
    let loop = try EventLoop()
    try loop.start()
    defer { loop.stop() }
    let outcome = await Task(executorPreference: loop) {
        let answering = try fixture.answer(on: loop)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await program(fixture, loop)) } catch { outcome = .failure(error) }
        answering.cancel()
        _ = await answering.result
        try outcome.get()
    }.result
    try await fixture.close()
    try outcome.get()
}

/// A time of a test that has a clock of its own.
func at(_ milliseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: milliseconds * 1_000_000) }
