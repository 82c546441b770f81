internal import CLinux
internal import Glibc

/// What a program needs that stands between others and must not lose anything itself.
extension DatagramSocket {
    /// Sends one datagram to an address over a socket that is not connected; false means that the kernel has no room
    /// yet (sendto(2)).
    public func send(_ datagram: Span<UInt8>, to address: SocketAddress) throws(SocketError) -> Bool {
        try attempt(.send, address) { () throws(ErrorNumber) in
            try callUnlessBlocked {
                unsafe datagram.withUnsafeBytes { bytes in
                    unsafe address.withSocketAddress {
                        unsafe clinux_sendto(
                            descriptor.number, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL), $0, $1)
                    }
                }
            }
        } != nil
    }

    /// Takes the first waiting datagram and no other, and tells its length; nil when none waits (recv(2)).
    public func receiveOne(into bytes: inout [UInt8]) throws(SocketError) -> Int? {
        try attempt(.receive) { () throws(ErrorNumber) in
            try unsafe bytes.withMutableBytes(in: bytes.indices) { room throws(ErrorNumber) in
                try callUnlessBlocked { unsafe recv(descriptor.number, room.baseAddress, room.count, 0) }
            }
        }
    }

    /// Asks for as long a receive queue as a server's; the kernel caps it at net.core.rmem_max.
    public func lengthenQueue() {
        try? descriptor.set(SO_RCVBUF, at: SOL_SOCKET, to: Self.queueLength)
    }

    /// How many datagrams the kernel has thrown away because the receive queue was full, since the socket was opened.
    ///
    /// 0 where the kernel cannot tell (SO_MEMINFO, Linux 4.12; its ninth number is SK_MEMINFO_DROPS).
    public var overflows: Int {
        var figures: InlineArray<9, UInt32> = .init(repeating: 0)
        var length = socklen_t(MemoryLayout<InlineArray<9, UInt32>>.size)
        let status = unsafe getsockopt(descriptor.number, SOL_SOCKET, clinux_so_meminfo, &figures, &length)
        guard status == 0, length == MemoryLayout<InlineArray<9, UInt32>>.size else { return 0 }
        return Int(figures[8])
    }
}
