internal import CLinux
internal import Glibc

/// A UDP socket whose calls wait, as the tutorial's do: for small programs that do one thing at a time.
///
/// An event loop uses `DatagramSocket`: a call that waits would stop everything else on the loop.
public struct BlockingDatagramSocket: ~Copyable, Sendable {
    /// The underlying network (AF_INET, AF_INET6).
    public enum Family: Sendable {
        case ipv4, ipv6
    }

    /// The open socket, which the value closes at its end.
    let descriptor: Descriptor

    /// Opens a socket; the kernel chooses its port at the first send (socket(2)).
    public init(_ family: Family) throws(SystemError) {
        descriptor = try attempt(.open) { () throws(ErrorNumber) in
            try Descriptor(domain: family == .ipv4 ? AF_INET : AF_INET6, type: SOCK_DGRAM, isBlocking: true)
        }
    }

    /// Gives the socket an address and a port of its own; 0 lets the system choose the port (bind(2)).
    public func bind(to address: SocketAddress) throws(SystemError) {
        try descriptor.bind(to: address)
    }

    /// The socket's own address, with the port that the system chose (getsockname(2)).
    public func localAddress() throws(SystemError) -> SocketAddress {
        try descriptor.localAddress()
    }

    /// Sends one datagram to an address, and waits while the kernel has no room for it (sendto(2)).
    public func send(_ datagram: [UInt8], to address: SocketAddress) throws(SystemError) {
        _ = try attempt(.send, address) { () throws(ErrorNumber) in
            try call {
                unsafe address.withSocketAddress {
                    unsafe sendto(descriptor.number, datagram, datagram.count, Int32(MSG_NOSIGNAL), $0, $1)
                }
            }
        }
    }

    /// Waits for a datagram and its sender's address (recvfrom(2)).
    ///
    /// - `count`: the most bytes to take, 0 or more; the rest of a longer datagram is lost.
    public func receive(upTo count: Int) throws(SystemError) -> (datagram: [UInt8], sender: SocketAddress) {
        var bytes = [UInt8](repeating: 0, count: count)
        var length = 0
        let sender = try attempt(.receive) { () throws(ErrorNumber) in
            try unsafe SocketAddress { (pointer, size) throws(ErrorNumber) in
                length = try call { unsafe recvfrom(descriptor.number, &bytes, count, 0, pointer, size) }
            }
        }
        guard let sender else { preconditionFailure("a datagram has an internet sender") }
        return (Array(bytes.prefix(length)), sender)
    }
}
