import CLinux
import Glibc
import Testing

@testable import System

/// Waits until a descriptor has something to read (poll(2)); a test fails when nothing comes for ten seconds.
func waitToRead(_ descriptor: borrowing Descriptor) {
    var entry = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
    let count = unsafe poll(&entry, 1, 10_000)
    #expect(count == 1, "nothing to read")
}

/// A numeric address that is known to be one.
func address(_ host: String, _ port: UInt16 = 0) throws -> SocketAddress {
    try #require(SocketAddress(host, port: port))
}

/// A UDP socket on a loopback address, at a port of the system's choice.
func server(at host: String = "127.0.0.1") throws -> DatagramSocket {
    try DatagramSocket(boundTo: try address(host))
}

/// The address of a bound socket.
func place(of socket: borrowing DatagramSocket) throws -> SocketAddress {
    try socket.localAddress()
}

/// Whether the number belongs to an open descriptor (fcntl(2), F_GETFD).
func isOpen(_ number: Int32) -> Bool { fcntl(number, F_GETFD) != -1 }

/// Whether the machine has IPv6's loopback address.
let hasIPv6: Bool = {
    guard let address = SocketAddress("::1", port: 0) else { return false }
    do {
        _ = try DatagramSocket(boundTo: address)
        return true
    } catch {
        return false
    }
}()

extension DatagramSocket {
    /// Sends bytes over a connected socket.
    func send(_ bytes: [UInt8]) throws {
        let isSent = try send(bytes.span)
        #expect(isSent)
    }

    /// The next datagram, waited for, as much of it as there is room for, and how long it is.
    func next(room: Int = 65_536) throws -> (bytes: [UInt8], length: Int) {
        waitToRead(descriptor)
        var bytes = [UInt8](repeating: 0, count: room)
        let received = try receive(into: &bytes, 0..<room)
        let length = try #require(received)
        return (Array(bytes.prefix(length)), length)
    }
}

/// The descriptors that this process has open.
enum FileCount {
    static func now() -> Int {
        let folder = unsafe opendir("/proc/self/fd")
        guard let folder = unsafe folder else { return -1 }
        defer { unsafe closedir(folder) }
        var count = 0
        while unsafe readdir(folder) != nil { count += 1 }
        return count
    }
}

extension DatagramSocket {
    /// Gives a socket that has heard every sender its peer.
    func dropStrangersOnceConnected(to peer: SocketAddress) throws -> Int {
        let status = unsafe peer.withSocketAddress { unsafe Glibc.connect(descriptor.number, $0, $1) }
        #expect(status == 0)
        return try dropStrangers()
    }
}
