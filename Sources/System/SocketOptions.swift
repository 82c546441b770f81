internal import CLinux
internal import Glibc

/// The options that datagram and stream sockets share.
extension Descriptor {
    /// Opens a socket that exec closes and, unless its calls may wait, never blocks (socket(2)).
    init(domain: Int32, type: __socket_type, isBlocking: Bool = false) throws(ErrorNumber) {
        let blocking = isBlocking ? 0 : Int32(SOCK_NONBLOCK.rawValue)
        let type = Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | blocking
        self.init(owning: try call { socket(domain, type, 0) })
    }

    /// Gives the socket its own address (bind(2)).
    func bind(to address: SocketAddress) throws(SystemError) {
        try attempt(.bind, address) { () throws(ErrorNumber) in
            _ = try call { unsafe address.withSocketAddress { unsafe clinux_bind(number, $0, $1) } }
        }
    }

    /// The socket's address, with the port that the kernel chose for port 0 (getsockname(2)).
    func localAddress() throws(SystemError) -> SocketAddress {
        let address = try attempt(.configure) { () throws(ErrorNumber) in
            try unsafe SocketAddress { (pointer, length) throws(ErrorNumber) in
                _ = try call { unsafe clinux_getsockname(number, pointer, length) }
            }
        }
        guard let address else { preconditionFailure("an internet socket has an internet address") }
        return address
    }

    /// The peer's address (getpeername(2)).
    func peerAddress() throws(SystemError) -> SocketAddress {
        let address = try attempt(.configure) { () throws(ErrorNumber) in
            try unsafe SocketAddress { (pointer, length) throws(ErrorNumber) in
                _ = try call { unsafe clinux_getpeername(number, pointer, length) }
            }
        }
        guard let address else { preconditionFailure("an internet socket has an internet peer") }
        return address
    }

    /// Sets an integer option (setsockopt(2)).
    func set(_ option: Int32, at level: Int32, to value: Int32 = 1) throws(SystemError) {
        try attempt(.configure) { () throws(ErrorNumber) in
            _ = try call {
                unsafe withUnsafePointer(to: value) {
                    unsafe setsockopt(number, level, option, $0, socklen_t(MemoryLayout<Int32>.size))
                }
            }
        }
    }

    /// Reads an integer option (getsockopt(2)); nil when the kernel does not know it.
    func option(_ option: Int32, at level: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return unsafe getsockopt(number, level, option, &value, &length) == 0 ? value : nil
    }
}

extension DatagramSocket {
    /// Lets the socket send to broadcast addresses, which the kernel otherwise refuses (socket(7), SO_BROADCAST).
    public func permitBroadcast() throws(SystemError) {
        try descriptor.set(SO_BROADCAST, at: SOL_SOCKET)
    }
}
