import Glibc
import System
import TestSupport

/// A TCP connection of which a test says each byte, for what libcurl would not do.
final class TCPConnection: Sendable {
    private let socket: Int32

    /// Connects.
    init(to address: SocketAddress) throws {
        socket = check(Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
        guard unsafe withIPv4(address, { unsafe connect(socket, $0, $1) }) == 0 else {
            let number = errno
            close(socket)
            throw Refused(errno: number)
        }
        // A test that waits in vain fails, and does not hang.
        var timeLimit = timeval(tv_sec: Int(Program.timeLimit.components.seconds), tv_usec: 0)
        unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeLimit, socklen_t(MemoryLayout<timeval>.size))
    }

    /// No server accepted the connection.
    struct Refused: Error, Equatable {
        let errno: Int32
    }

    deinit {
        close(socket)
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        check(Int32(unsafe Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))))
    }

    /// Ends the sending half (shutdown(2)).
    func endSending() { check(shutdown(socket, Int32(SHUT_WR))) }

    /// Makes the close that follows a reset, not an orderly end (socket(7), SO_LINGER).
    func resetWhenClosed() {
        var option = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(socket, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    /// Receives until the text is there, or the connection has ended.
    func receive(until end: String) throws -> String {
        var received = ""
        while !received.contains(end), let more = try receive() { received += more }
        return received
    }

    /// Receives until the server has closed the connection.
    func receiveToEnd() throws -> String {
        var received = ""
        while let more = try receive() { received += more }
        return received
    }

    private func receive() throws -> String? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        var count = -1
        // A call with a time limit ends when the process was stopped and goes on (signal(7)).
        repeat { count = unsafe recv(socket, &bytes, bytes.count, 0) } while count < 0 && errno == EINTR
        guard count >= 0 else { throw Program.Failure(description: "nothing to receive: errno \(errno)") }
        return count == 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }
}

/// A TCP port of this machine that is taken, or, once it is closed, one that is not.
struct TakenPort: ~Copyable {
    let address: SocketAddress
    private let socket: Int32

    init() {
        socket = check(Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
        guard let wanted = SocketAddress("127.0.0.1", port: 0) else { preconditionFailure("it is an address") }
        let socket = self.socket
        check(unsafe withIPv4(wanted) { unsafe bind(socket, $0, $1) })
        check(listen(socket, 1))
        address = localAddress(of: socket, host: "127.0.0.1")
    }

    deinit {
        close(socket)
    }
}
