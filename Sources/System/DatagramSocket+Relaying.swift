internal import CLinux
internal import Glibc

/// Sending and receiving for a relay, which must not lose datagrams itself.
extension DatagramSocket {
    /// Sends one datagram to an address over a socket that is not connected; false means that the kernel has no room
    /// yet (sendmsg(2)).
    ///
    /// - `source`: the machine's address that the datagram comes from; nil leaves the choice to the socket or to
    ///   routing.
    public func send(
        _ datagram: Span<UInt8>, to address: SocketAddress, from source: ReplySource? = nil
    ) throws(SystemError) -> Bool {
        try attempt(.send, address) { () throws(ErrorNumber) in
            try callUnlessBlocked {
                unsafe datagram.withUnsafeBytes { bytes in
                    unsafe address.withSocketAddress { name, length in
                        guard let source else { return unsafe transmit(bytes, name, length, nil) }
                        return unsafe source.withMessage { unsafe transmit(bytes, name, length, $0) }
                    }
                }
            }
        } != nil
    }

    private func transmit(
        _ bytes: UnsafeRawBufferPointer, _ name: UnsafePointer<sockaddr>, _ length: socklen_t,
        _ control: UnsafeRawBufferPointer?
    ) -> Int {
        // The call reads all of these and writes none.
        var part = unsafe iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
        return unsafe withUnsafeMutablePointer(to: &part) { part in
            var header = unsafe msghdr()
            unsafe header.msg_name = UnsafeMutableRawPointer(mutating: name)
            unsafe header.msg_namelen = length
            unsafe header.msg_iov = part
            unsafe header.msg_iovlen = 1
            unsafe header.msg_control = UnsafeMutableRawPointer(mutating: control?.baseAddress)
            unsafe header.msg_controllen = control?.count ?? 0
            return unsafe sendmsg(descriptor.number, &header, Int32(MSG_NOSIGNAL))
        }
    }

    /// Asks for a receive queue as long as a server's; the kernel caps it at net.core.rmem_max.
    public func lengthenQueue() {
        try? descriptor.set(SO_RCVBUF, at: SOL_SOCKET, to: Self.queueLength)
    }

    /// The number of datagrams that the kernel has dropped at a full receive queue since the socket was opened.
    ///
    /// 0 where the kernel does not have the number (SO_MEMINFO, Linux 4.12; its ninth number is SK_MEMINFO_DROPS).
    public var overflows: Int {
        var values: InlineArray<9, UInt32> = .init(repeating: 0)
        var length = socklen_t(MemoryLayout<InlineArray<9, UInt32>>.size)
        let status = unsafe getsockopt(descriptor.number, SOL_SOCKET, SO_MEMINFO, &values, &length)
        guard status == 0, length == MemoryLayout<InlineArray<9, UInt32>>.size else { return 0 }
        return Int(values[8])
    }
}
