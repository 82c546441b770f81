internal import CLinux
internal import Glibc

/// A file descriptor that one value owns: the value closes it at its end.
public struct Descriptor: ~Copyable, Sendable {
    /// The kernel's number for it.
    public let number: Int32

    /// Takes over an open descriptor that has no other owner.
    public init(owning number: Int32) {
        self.number = number
    }

    deinit {
        // On Linux the descriptor is gone even where close(2) fails; a second try might close a stranger's.
        _ = close(number)
    }

    /// Gives the open descriptor away: the caller now owns it.
    public consuming func release() -> Int32 {
        let number = self.number
        discard self
        return number
    }
}

/// The limit on a process's open descriptors (getrlimit(2)).
public enum DescriptorLimit {
    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)

    private static var limits: rlimit? {
        var limits = rlimit()
        return unsafe getrlimit(resource, &limits) == 0 ? limits : nil
    }

    /// The soft limit.
    public static var current: Int { limits.map { Int(clamping: $0.rlim_cur) } ?? 1024 }

    /// Whether so many more descriptors can be opened now.
    public static func leavesRoom(for count: Int) -> Bool {
        let numbers = (0..<count).map { _ in eventfd(0, Int32(EFD_CLOEXEC)) }
        for number in numbers where number != -1 { close(number) }
        return !numbers.contains(-1)
    }

    /// Raises the soft limit to the hard one and returns the new soft limit.
    public static func raise() -> Int {
        if var raised = limits {
            raised.rlim_cur = raised.rlim_max
            _ = unsafe setrlimit(resource, &raised)
        }
        return current
    }
}

/// The options that datagram and stream sockets share.
extension Descriptor {
    /// Opens a socket that exec closes and, unless its calls may wait, never blocks (socket(2)).
    init(domain: Int32, type: __socket_type, isBlocking: Bool = false) throws(ErrorNumber) {
        let blocking = isBlocking ? 0 : Int32(SOCK_NONBLOCK.rawValue)
        let type = Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | blocking
        self.init(owning: try call { socket(domain, type, 0) })
    }

    /// Opens a socket for an address's family, whose calls do not block.
    ///
    /// At the wildcard and for an IPv4-mapped address it is one for IPv4, too, whatever the system's default is (ipv6(7),
    /// IPV6_V6ONLY).
    init(for address: SocketAddress, _ type: __socket_type) throws(SystemError) {
        self = try attempt(.open, address) { () throws(ErrorNumber) in
            try Descriptor(domain: address.domain, type: type)
        }
        // It cannot fail before bind(2).
        if address.isIPv6, address.isWildcard || !address.usesIPv6 {
            try? set(Int32(IPV6_V6ONLY), at: Int32(IPPROTO_IPV6), to: 0)
        }
    }

    /// Gives the socket its own address (bind(2)).
    func bind(to address: SocketAddress) throws(SystemError) {
        try attempt(.bind, address) { () throws(ErrorNumber) in
            _ = try call { unsafe address.withSocketAddress { unsafe Glibc.bind(number, $0, $1) } }
        }
    }

    /// The socket's address, with the port that the kernel chose for port 0 (getsockname(2)).
    func localAddress() throws(SystemError) -> SocketAddress {
        try unsafe address { unsafe getsockname($0, $1, $2) }
    }

    /// The peer's address (getpeername(2)).
    func peerAddress() throws(SystemError) -> SocketAddress {
        try unsafe address { unsafe getpeername($0, $1, $2) }
    }

    /// The address of an internet socket that a system call writes.
    private func address(
        from read: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) throws(SystemError) -> SocketAddress {
        let address = try attempt(.configure) { () throws(ErrorNumber) in
            try unsafe SocketAddress { (pointer, length) throws(ErrorNumber) in
                _ = try call { unsafe read(number, pointer, length) }
            }
        }
        guard let address else { preconditionFailure("an internet socket has internet addresses") }
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
}

/// Reads an integer option of a socket (getsockopt(2)); nil when the kernel does not know it, or the number is no socket's.
func socketOption(_ option: Int32, of number: Int32, at level: Int32 = SOL_SOCKET) -> Int32? {
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    return unsafe getsockopt(number, level, option, &value, &length) == 0 ? value : nil
}
