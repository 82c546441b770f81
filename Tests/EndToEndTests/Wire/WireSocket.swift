import Glibc

/// A plain TCP connection to the gateway, in blocking calls.
final class WireSocket {
    private let number: CInt
    /// Whether the gateway no longer takes bytes.
    private(set) var isRefused = false

    struct Failure: Error { var call: String, number: CInt }

    init(port: UInt16) throws {
        number = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        guard number >= 0 else { throw Failure(call: "socket", number: errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe connect(number, $0, size) }
        }
        guard result == 0 else { throw Failure(call: "connect", number: errno) }
        var yes: CInt = 1
        _ = unsafe setsockopt(number, CInt(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<CInt>.size))
        // A gateway that never answers must fail the test, not stop it.
        var guardTime = timeval(tv_sec: 20, tv_usec: 0)
        _ = unsafe setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &guardTime, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(number) }

    /// Sends the bytes, in pieces of at most this size; stops when the gateway has hung up.
    func send(_ bytes: [UInt8], inPiecesOf size: Int = .max) {
        var rest = bytes[...]
        while !rest.isEmpty, !isRefused {
            let piece = Array(rest.prefix(size))
            let sent = unsafe piece.withUnsafeBytes {
                unsafe Glibc.send(number, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            isRefused = sent < 0
            rest = rest.dropFirst(max(0, sent))
        }
    }

    /// Ends this side of the connection.
    func shutDown() { shutdown(number, CInt(SHUT_WR)) }

    /// The received bytes, up to `count`; empty at the end of the connection.
    func receive(_ count: Int = 65536) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: count)
        var received = -1
        // A call with a time limit ends when the process was stopped and goes on (signal(7)).
        repeat {
            received = unsafe buffer.withUnsafeMutableBytes { unsafe recv(number, $0.baseAddress, $0.count, 0) }
        } while received < 0 && errno == EINTR
        if received < 0, errno != ECONNRESET { throw Failure(call: "recv", number: errno) }
        return Array(buffer.prefix(max(0, received)))
    }

    /// Everything that comes until the gateway ends the connection.
    func receiveAll() throws -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let bytes = try receive()
            if bytes.isEmpty { return all }
            all += bytes
        }
    }
}
