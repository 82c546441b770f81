internal import CLinux
internal import Glibc

/// The set-up that datagram and stream sockets have in common.
extension Descriptor {
    /// Opens a socket that is closed on exec and, unless its calls may wait, non-blocking from birth (socket(2)).
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

    /// The address that the socket has, with the port that the system chose for port 0 (getsockname(2)).
    func localAddress() throws(SystemError) -> SocketAddress {
        let address = try attempt(.configure) { () throws(ErrorNumber) in
            try unsafe SocketAddress { (pointer, length) throws(ErrorNumber) in
                _ = try call { unsafe clinux_getsockname(number, pointer, length) }
            }
        }
        guard let address else { preconditionFailure("an internet socket has an internet address") }
        return address
    }

    /// The address that the socket is connected to (getpeername(2)).
    func peerAddress() throws(SystemError) -> SocketAddress {
        let address = try attempt(.configure) { () throws(ErrorNumber) in
            try unsafe SocketAddress { (pointer, length) throws(ErrorNumber) in
                _ = try call { unsafe clinux_getpeername(number, pointer, length) }
            }
        }
        guard let address else { preconditionFailure("an internet socket has an internet peer") }
        return address
    }

    /// Switches an integer option (setsockopt(2)).
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
    /// Lets the socket send to all hosts of a network; the kernel wants to be told that it is meant (socket(7), SO_BROADCAST).
    public func permitBroadcast() throws(SystemError) {
        try descriptor.set(SO_BROADCAST, at: SOL_SOCKET)
    }
}
