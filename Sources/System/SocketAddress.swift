internal import CLinux
internal import Glibc

/// An IPv4 or IPv6 address and a port.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// The kernel's own form, zero beyond `length`: 16 bytes used for IPv4 (ip(7)), 28 for IPv6 (ipv6(7)).
    private struct Storage: Hashable {
        /// Family, port, and the address of IPv4.
        var beginning: UInt64 = 0
        /// The address of IPv6.
        var address: UInt64 = 0
        var rest: UInt64 = 0
        /// The interface of a link-local address of IPv6.
        var interface: UInt32 = 0
    }

    private var storage = Storage()

    /// How many bytes of the storage are used.
    var length: socklen_t {
        isIPv6 ? socklen_t(MemoryLayout<sockaddr_in6>.size) : socklen_t(MemoryLayout<sockaddr_in>.size)
    }

    private init() {}

    /// Takes an address in network byte order: four bytes of IPv4, or 16 of IPv6.
    init(_ bytes: some Collection<UInt8>, port: UInt16) {
        let isIPv6 = bytes.count == 16
        unsafe withUnsafeMutableBytes(of: &storage) {
            unsafe $0.storeBytes(of: sa_family_t(isIPv6 ? AF_INET6 : AF_INET), as: sa_family_t.self)
            unsafe $0[(isIPv6 ? 8 : 4)...].copyBytes(from: bytes)
        }
        self.port = port
    }

    /// Reads a numeric address such as "127.0.0.1" or "::1"; nil when it is neither.
    public init?(_ host: String, port: UInt16) {
        var bytes = [UInt8](repeating: 0, count: 16)
        if unsafe inet_pton(AF_INET, host, &bytes) == 1 {
            self.init(bytes.prefix(4), port: port)
        } else if unsafe inet_pton(AF_INET6, host, &bytes) == 1 {
            self.init(bytes, port: port)
        } else {
            return nil
        }
    }

    /// Copies an address from a system call; nil for a family other than IPv4 and IPv6.
    init?(copying pointer: UnsafePointer<sockaddr>?) {
        guard let pointer = unsafe pointer else { return nil }
        self.init()
        switch Int32(unsafe pointer.pointee.sa_family) {
        case AF_INET: unsafe store(UnsafeRawPointer(pointer).load(as: sockaddr_in.self))
        case AF_INET6: unsafe store(UnsafeRawPointer(pointer).load(as: sockaddr_in6.self))
        default: return nil
        }
    }

    /// Lets a system call fill in an address, and passes on its error.
    init?(filledBy body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) throws(ErrorNumber) -> Void)
        throws(ErrorNumber)
    {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let address = try unsafe withUnsafeMutablePointer(to: &storage) { pointer throws(ErrorNumber) in
            try unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address throws(ErrorNumber) in
                try unsafe body(address, &length)
                return unsafe SocketAddress(copying: address)
            }
        }
        guard let address else { return nil }
        self = address
    }

    private mutating func store<Address>(_ address: Address) {
        unsafe withUnsafeMutableBytes(of: &storage) { target in
            unsafe withUnsafeBytes(of: address) { source in unsafe target.copyMemory(from: source) }
        }
    }

    /// The number of the interface of a link-local address of IPv6, or 0: `sin6_scope_id`, the last member, at byte 24
    /// (ipv6(7)).
    var interface: UInt32 {
        get { storage.interface }
        set { storage.interface = newValue }
    }

    private var family: Int32 {
        Int32(UInt16(truncatingIfNeeded: storage.beginning))
    }

    /// Whether it is an IPv6 address.
    public var isIPv6: Bool { family == AF_INET6 }

    /// The address family for socket(2).
    var domain: Int32 { family }

    /// The port, 0 to 65,535.
    public internal(set) var port: UInt16 {
        get { UInt16(truncatingIfNeeded: storage.beginning >> 16).byteSwapped }
        set { storage.beginning = storage.beginning & ~0xFFFF_0000 | UInt64(newValue.byteSwapped) << 16 }
    }

    /// The address without the port, such as "127.0.0.1" or "::1".
    public var host: String {
        unsafe withSocketAddress { pointer, length in
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let status = unsafe getnameinfo(pointer, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            guard status == 0 else { return "?" }
            return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
    }

    /// The address without the port, in network byte order: 16 bytes of IPv6, or four of IPv4, also where it is mapped to
    /// IPv6.
    var bytes: [UInt8] {
        unsafe withUnsafeBytes(of: storage) { storage in
            let bytes = unsafe isIPv6 ? storage[8..<24] : storage[4..<8]
            return unsafe Array(bytes.starts(with: Self.mapping) ? bytes.suffix(4) : bytes)
        }
    }

    /// The beginning of an IPv6 address that stands for one of IPv4 (RFC 4291 2.5.5.2).
    static let mapping = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]

    /// Whether its datagrams are those of IPv6.
    public var usesIPv6: Bool { bytes.count == 16 }

    /// Whether it means every address of the machine.
    public var isWildcard: Bool { bytes.allSatisfy { $0 == 0 } }

    /// Every address of the machine, in this family, at a port of the kernel's choice.
    var wildcard: SocketAddress { Self.address(isIPv6 ? "::" : "0.0.0.0", 0) }

    /// The address that datagrams to this one reach: to the kernel the wildcard means the machine itself (ip(7)), and
    /// replies come from the loopback address.
    public var destination: SocketAddress {
        guard isWildcard else { return self }
        return Self.address(usesIPv6 ? "::1" : isIPv6 ? "::ffff:127.0.0.1" : "127.0.0.1", port)
    }

    private static func address(_ host: String, _ port: UInt16) -> SocketAddress {
        guard let address = SocketAddress(host, port: port) else { preconditionFailure("\(host) is an address") }
        return address
    }

    /// Whether its datagrams never leave the machine.
    public var isLoopback: Bool { usesIPv6 ? isSameHost(as: Self.address("::1", 0)) : bytes[0] == 127 }

    /// The longest payload of a datagram to this address: IPv6's length does not count its own header (RFC 8200 3).
    var maximumPayload: Int {
        usesIPv6 ? DatagramSocket.maximumPayload + 20 : DatagramSocket.maximumPayload
    }

    /// "127.0.0.1:12000" or "[::1]:12000".
    public var description: String {
        isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Lends the kernel's form to a system call.
    @inline(__always)
    func withSocketAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        unsafe withUnsafeBytes(of: storage) { bytes in
            guard let start = bytes.baseAddress else { preconditionFailure("an address has bytes") }
            return unsafe body(start.assumingMemoryBound(to: sockaddr.self), length)
        }
    }
}
