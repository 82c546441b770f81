@testable import Noise
import Datagrams
import EventLoop
import Logging
import System
import TestSupport
import Testing

/// An address of this machine with a port that the system chooses.
func anyPort(_ host: String = "127.0.0.1") throws -> SocketAddress {
    try #require(SocketAddress(host, port: 0))
}

/// A server of the tutorial's kind, for the length of a test.
struct RunningServer {
    let address: SocketAddress
    private let task: Task<Void, any Error>

    init(_ service: any DatagramService, at address: SocketAddress? = nil, on loop: EventLoop) throws {
        let socket = try DatagramSocket(boundTo: try address ?? anyPort())
        self.address = try socket.localAddress()
        let handover = Handover(socket)
        task = Task(executorPreference: loop) {
            var server = DatagramServer(socket: try handover.take(), service: service, logger: Logger(label: "test"))
            try await server.run(on: loop)
        }
    }

    func stop() async throws {
        task.cancel()
        try await task.value
    }
}

/// A noise, for the length of a test, and what it has told of.
struct RunningNoise {
    let proxy: NoiseProxy
    private let task: Task<Void, any Error>
    private let events: AsyncStream<NoiseEvent>

    init(
        to servers: [SocketAddress], seed: UInt64 = 7, settings: BothWays<NoiseSettings> = BothWays(NoiseSettings()),
        host: String = "127.0.0.1", limits: NoiseProxy.Limits = .init(), on loop: EventLoop
    ) throws {
        let (events, continuation) = AsyncStream<NoiseEvent>.makeStream()
        self.events = events
        let proxy = try NoiseProxy(
            socket: try DatagramSocket(boundTo: anyPort(host)), servers: servers, seed: seed, settings: settings,
            limits: limits, on: loop, onEvent: { continuation.yield($0) })
        self.proxy = proxy
        task = Task(executorPreference: loop) { try await proxy.run() }
    }

    init(
        to server: SocketAddress, seed: UInt64 = 7, _ settings: BothWays<NoiseSettings> = BothWays(NoiseSettings()),
        host: String = "127.0.0.1", limits: NoiseProxy.Limits = .init(), on loop: EventLoop
    ) throws {
        try self.init(to: [server], seed: seed, settings: settings, host: host, limits: limits, on: loop)
    }

    /// Waits until so many datagrams have met the noise.
    func events(_ count: Int) async -> [NoiseEvent] {
        var seen: [NoiseEvent] = []
        for await event in events {
            seen.append(event)
            if seen.count == count { break }
        }
        return seen
    }

    func stop() async throws {
        task.cancel()
        try await task.value
    }
}

/// Runs a test's program with a noise in front of a server that echoes, and with a client of it.
func withNoise(
    settings change: (inout BothWays<NoiseSettings>) -> Void = { _ in },
    limits changeLimits: (inout NoiseProxy.Limits) -> Void = { _ in },
    _ program: @escaping @Sendable (RunningNoise, HandClient, EventLoop) async throws -> Void
) async throws {
    var (settings, limits) = (BothWays(NoiseSettings()), NoiseProxy.Limits())
    change(&settings)
    changeLimits(&limits)
    try await onLoop { [settings, limits] loop in
        let server = try RunningServer(Echo(), on: loop)
        let noise = try RunningNoise(to: server.address, settings, limits: limits, on: loop)
        try await program(noise, try HandClient(to: noise.proxy.address, on: loop), loop)
        try await noise.stop()
        try await server.stop()
    }
}

/// A UDP client that a test drives by hand.
final class HandClient {
    let socket: DatagramSocket
    private let watch: AsyncWatch
    private let loop: EventLoop
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    init(to address: SocketAddress, on loop: EventLoop) throws {
        let socket = try DatagramSocket(connectedTo: address)
        socket.lengthenQueue()
        watch = try AsyncWatch(socket.descriptor, as: .datagrams, on: loop)
        self.socket = socket
        self.loop = loop
    }

    /// An address without a listener.
    static func closedAddress(_ host: String) throws -> SocketAddress {
        try DatagramSocket(boundTo: anyPort(host)).localAddress()
    }

    func send(_ bytes: [UInt8]) throws {
        #expect(try socket.send(bytes.span))
    }

    func send(_ text: String) throws {
        try send(Array(text.utf8))
    }

    /// The next datagram; nil when none comes for a long time.
    func receive(within timeLimit: Interval = .seconds(10)) async throws -> [UInt8]? {
        let deadline = MonotonicTime.now() + timeLimit
        while true {
            if let length = try socket.receive(into: &buffer, buffer.indices) { return Array(buffer[..<length]) }
            guard await watch.readable(until: deadline) == .ready else { return nil }
        }
    }

    func receiveText() async throws -> String? {
        try await receive().map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Waits until something is so that nothing announces; false when it does not come for a long time.
func eventually(on loop: EventLoop, _ condition: () async throws -> Bool) async rethrows -> Bool {
    for _ in 0..<2000 {
        if try await condition() { return true }
        await loop.sleep(until: .now() + .milliseconds(5))
    }
    return false
}
