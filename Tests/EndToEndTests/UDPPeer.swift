import Datagrams
import EventLoop
import Glibc
import System
import Synchronization
import TestSupport

/// A UDP socket that a test plays the server with, one step at a time.
///
/// Its own loop waits for datagrams, so that a test can say when each reply goes out, from whom and to whom.
final class UDPPeer: Sendable {
    let address: SocketAddress
    private let socket: Int32

    /// Opens a socket on a free port; it is silent until it is told to reply.
    ///
    /// - `host`: an IPv4 address of this machine.
    init(at host: String = "127.0.0.1") {
        (socket, address) = Self.bound(to: host)
    }

    deinit {
        close(socket)
    }

    /// Waits for a datagram; returns it and its sender.
    func receive() throws -> (bytes: [UInt8], sender: SocketAddress) {
        var ready = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&ready, 1, Int32(Program.timeLimit.components.seconds * 1000)) == 1 else {
            throw Program.Failure(description: "no datagram came to \(address)")
        }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        var sender = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let count = unsafe withUnsafeMutablePointer(to: &sender) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe recvfrom(socket, &bytes, bytes.count, 0, generic, &length)
            }
        }
        check(Int32(count))
        guard let address = SocketAddress("127.0.0.1", port: UInt16(bigEndian: sender.sin_port)) else {
            preconditionFailure("an address has a port")
        }
        return (Array(bytes[..<count]), address)
    }

    /// Sends a datagram.
    func send(_ text: String, to receiver: SocketAddress) {
        let bytes = Array(text.utf8)
        let count = unsafe withIPv4(receiver) { unsafe sendto(socket, bytes, bytes.count, 0, $0, $1) }
        check(Int32(count))
    }

    /// Waits for a datagram, and sends these replies to its sender.
    func reply(_ texts: String...) throws { try reply(texts) }

    func reply(_ texts: [String]) throws {
        let sender = try receive().sender
        for text in texts { send(text, to: sender) }
    }

    /// Options to wait for a refusal as long as a test can, and to ask so often that one must come through.
    ///
    /// A program that does not take a refusal for the end would wait longer than the test does.
    static let persistently = ["--timeout", "3600s", "--attempts", "20"]

    /// An address without a listener, of a loopback network that no other test uses.
    ///
    /// A socket that connects from 127.0.0.1 cannot get this port by chance, as it could one of 127.0.0.1 itself.
    ///
    /// The kernel limits its refusals, icmp(7) icmp_msgs_per_sec and icmp_msgs_burst, and all the tests of a machine
    /// share that limit: a program has to ask again, see `persistently`.
    static func closedAddress() -> SocketAddress {
        let (socket, address) = bound(to: "127.0.0.77")
        close(socket)
        return address
    }

    private static func bound(to host: String) -> (Int32, SocketAddress) {
        let socket = check(Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
        guard let wanted = SocketAddress(host, port: 0) else { preconditionFailure("\(host) is an address") }
        check(unsafe withIPv4(wanted) { unsafe bind(socket, $0, $1) })
        return (socket, localAddress(of: socket, host: host))
    }
}

/// The direct way to a UDP service: one exchange of the project's own client.
func exchange(_ text: String, with server: SocketAddress) throws -> String {
    let reply = Mutex("")
    try EventLoop.run { loop in
        var client = DatagramClient(servers: [server], timeout: .seconds(60), attempts: 5)
        let bytes = try await client.exchange(Array(text.utf8), on: loop).bytes
        reply.withLock { $0 = String(decoding: bytes, as: UTF8.self) }
    }
    return reply.withLock { $0 }
}

/// The address and the port that a socket was bound to.
func localAddress(of socket: Int32, host: String) -> SocketAddress {
    var own = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = unsafe withUnsafeMutablePointer(to: &own) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
            check(unsafe getsockname(socket, generic, &length))
        }
    }
    guard let address = SocketAddress(host, port: UInt16(bigEndian: own.sin_port)) else {
        preconditionFailure("\(host) is an address")
    }
    return address
}

/// Shows an IPv4 address to a system call.
func withIPv4<Result>(_ address: SocketAddress, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    var form = sockaddr_in()
    form.sin_family = sa_family_t(AF_INET)
    form.sin_port = address.port.bigEndian
    unsafe inet_pton(AF_INET, address.host, &form.sin_addr)
    return unsafe withUnsafePointer(to: &form) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
            unsafe body(generic, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}
