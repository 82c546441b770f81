package import Glibc
internal import Synchronization
package import System

/// A UDP socket over IPv4 that a test plays a service with, by plain system calls: it shares nothing with the code
/// under test.
package final class UDPSocket: Sendable {
    /// The longest wait for a datagram, in the form of poll(2).
    package enum Wait: Sendable {
        case forever
        case atMost(seconds: Int64)

        fileprivate var milliseconds: Int32 {
            switch self {
            case .forever: -1
            case .atMost(let seconds): Int32(seconds * 1000)
            }
        }
    }

    package let address: SocketAddress
    private let number: Int32
    private let isOpen = Atomic(true)

    /// Opens a socket on a free port; it is closed with the object at the latest.
    ///
    /// - `host`: an IPv4 address of this machine.
    package init(at host: String = "127.0.0.1") {
        let socket = check(Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
        guard let wanted = SocketAddress(host, port: 0) else { preconditionFailure("\(host) is an address") }
        check(unsafe withIPv4(wanted) { unsafe bind(socket, $0, $1) })
        (number, address) = (socket, localAddress(of: socket, host: host))
    }

    deinit { close() }

    /// Closes the socket: from now on its port refuses datagrams.
    package func close() { if isOpen.exchange(false, ordering: .relaxed) { _ = Glibc.close(number) } }

    /// Waits for a datagram; returns it and its sender, a port of 127.0.0.1, or nil where none has come in time.
    package func receive(_ wait: Wait = .forever) -> (bytes: [UInt8], sender: SocketAddress)? {
        var ready = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&ready, 1, wait.milliseconds) == 1 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        var sender = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let count = unsafe withUnsafeMutablePointer(to: &sender) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe recvfrom(number, &bytes, bytes.count, 0, generic, &length)
            }
        }
        check(Int32(count))
        guard let address = SocketAddress("127.0.0.1", port: UInt16(bigEndian: sender.sin_port)) else {
            preconditionFailure("an address has a port")
        }
        return (Array(bytes[..<count]), address)
    }

    /// Sends a datagram.
    package func send(_ bytes: [UInt8], to receiver: SocketAddress) {
        let count = unsafe withIPv4(receiver) { unsafe sendto(number, bytes, bytes.count, 0, $0, $1) }
        check(Int32(count))
    }
}

/// The address and the port that a socket was bound to.
package func localAddress(of socket: Int32, host: String) -> SocketAddress {
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
package func withIPv4<Result>(
    _ address: SocketAddress, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
) -> Result {
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
