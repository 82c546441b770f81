import EventLoop
import Foundation
import Gateway
import Logging
import System
import Synchronization
import Testing

/// Runs a gateway in front of an echo service while `body` uses it, by its port, on a thread of its own.
///
/// The gateway has finished when this returns. Without `hasUpstream` no reply is ever awaited, so that responses to
/// requests that came together leave together.
func withGatewayPort(
    _ configuration: Configuration = Configuration(), host: String = "127.0.0.1", files: [Page.Source] = [],
    hasUpstream: Bool = false, _ body: @escaping @Sendable (_ port: UInt16) throws -> Void
) async throws {
    let echo = try hasUpstream ? EchoService() : nil
    defer { echo?.stop() }
    let upstream = try echo.map { [try #require(SocketAddress("127.0.0.1", port: $0.port))] } ?? []
    let service = Service(path: "/", addresses: upstream, configuration: configuration)
    try await withGatewayPort(services: [service], configuration, host: host, files: files, body)
}

/// The same in front of services.
func withGatewayPort(
    services: [Service], _ configuration: Configuration = Configuration(), host: String = "127.0.0.1",
    files: [Page.Source] = Page.Source.few, _ body: @escaping @Sendable (_ port: UInt16) throws -> Void
) async throws {
    let anyPort = try #require(SocketAddress(host, port: 0))
    let listener = try StreamListener(on: anyPort)
    let port = listener.address.port
    let gateway = try Gateway(
        listener: listener, services: services, page: Page(files), configuration: configuration,
        logger: Logger(label: "test"))
    async let running: Void = gateway.run()
    let outcome = await onThread { try body(port) }
    await gateway.drain()
    try await running
    try outcome.get()
}

/// Runs what blocks where it keeps no task from running.
private func onThread(_ body: @escaping @Sendable () throws -> Void) async -> Result<Void, any Error> {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: Result { try body() }) }
    }
}

/// A UDP service on a free port of this machine that sends every datagram back.
final class EchoService: Sendable {
    let port: UInt16
    private let number: Int32
    private let isStopped = Mutex(false)

    init() throws {
        let number = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        unsafe withGeneric(&address) { unsafe _ = bind(number, $0, length) }
        unsafe withGeneric(&address) { unsafe _ = getsockname(number, $0, &length) }
        self.number = number
        port = UInt16(bigEndian: address.sin_port)
        try #require(port != 0)
        Thread.detachNewThread { [self] in serve() }
    }

    private func serve() {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while !isStopped.withLock({ $0 }) {
            var sender = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            unsafe withGeneric(&sender) { sender in
                let count = unsafe recvfrom(number, &bytes, bytes.count, 0, sender, &length)
                if count >= 0, length > 0 { unsafe _ = sendto(number, bytes, count, 0, sender, length) }
            }
        }
        close(number)
    }

    func stop() {
        isStopped.withLock { $0 = true }
        // Wakes the thread in recvfrom(2).
        shutdown(number, Int32(SHUT_RD))
    }
}

/// A TCP client that says exactly what it is told and waits where it is told.
struct Caller: ~Copyable {
    /// The longest wait for bytes that do not come.
    private static let timeout = timeval(tv_sec: 300, tv_usec: 0)
    private let number: Int32

    init(port: UInt16) throws {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.number = number
        var timeout = Self.timeout
        unsafe _ = setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = loopback(port)
        let status = unsafe withGeneric(&address) {
            unsafe connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
        try #require(status == 0)
    }

    deinit { close(number) }

    /// Sends the text; false when the other side has reset the connection.
    @discardableResult
    func send(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return unsafe Glibc.send(number, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    /// Ends the outgoing half.
    func finishSending() { shutdown(number, Int32(SHUT_WR)) }

    /// Everything up to the end of the stream.
    func receiveAll() throws -> String { try receive { _ in false } }

    /// Everything up to the text, at least.
    func receive(until text: String) throws -> String {
        let received = try receive { $0.contains(text) }
        try #require(received.contains(text))
        return received
    }

    private func receive(until isEnough: (String) -> Bool) throws -> String {
        var received: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while !isEnough(String(decoding: received, as: UTF8.self)) {
            let count = unsafe recv(number, &bytes, bytes.count, 0)
            // A call with a time limit ends when the process was stopped and goes on (signal(7)).
            if count < 0, errno == EINTR { continue }
            try #require(count >= 0, "nothing came, or the connection was reset: \(ErrorNumber(errno))")
            if count == 0 { break }
            received += bytes[..<count]
        }
        return String(decoding: received, as: UTF8.self)
    }
}

private func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
}

private func withGeneric<Result>(
    _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>) -> Result
) -> Result {
    unsafe withUnsafeMutablePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0) }
    }
}
