internal import CLinux
internal import Glibc

/// What one look at a connected UDP socket found.
public struct DatagramReceipt: Sendable {
    /// How many bytes of the first datagram were copied.
    public let length: Int
    /// Whether the first datagram was longer than the room for it: its end is lost.
    public let isTruncated: Bool
    /// Whether a second datagram waited behind the first; it was taken off and thrown away.
    public let hadSurplus: Bool
}

extension DatagramSocket {
    /// Takes the first waiting datagram into a part of an array and, in the same call, one that waits behind it; nil
    /// when none waits.
    ///
    /// A datagram left in the queue would answer the socket's next request (recvmmsg(2), MSG_TRUNC in recv(2)).
    public func receive(into bytes: inout [UInt8], _ room: Range<Int>) throws(SocketError) -> DatagramReceipt? {
        var scrap: UInt8 = 0
        var headers: InlineArray<2, mmsghdr> = unsafe [mmsghdr(), mmsghdr()]
        let count = try attempt(.receive) { () throws(ErrorNumber) -> Int32? in
            try unsafe bytes.withMutableBytes(in: room) { room throws(ErrorNumber) -> Int32? in
                try unsafe withUnsafeMutablePointer(to: &scrap) { scrap throws(ErrorNumber) -> Int32? in
                    var parts: InlineArray<2, iovec> = unsafe [
                        iovec(iov_base: room.baseAddress, iov_len: room.count), iovec(iov_base: scrap, iov_len: 1),
                    ]
                    return try unsafe Self.receiveTwo(descriptor.number, &parts, &headers)
                }
            }
        }
        guard let count else { return nil }
        return unsafe DatagramReceipt(
            length: Int(headers[0].msg_len),
            isTruncated: headers[0].msg_hdr.msg_flags & Int32(MSG_TRUNC) != 0,
            hadSurplus: count == 2
        )
    }

    @inline(__always)
    private static func receiveTwo(
        _ number: Int32, _ parts: inout InlineArray<2, iovec>, _ headers: inout InlineArray<2, mmsghdr>
    ) throws(ErrorNumber) -> Int32? {
        var parts = unsafe parts.mutableSpan
        var headers = unsafe headers.mutableSpan
        return try unsafe parts.withUnsafeMutableBufferPointer { parts throws(ErrorNumber) -> Int32? in
            try unsafe headers.withUnsafeMutableBufferPointer { headers throws(ErrorNumber) -> Int32? in
                for index in 0..<2 {
                    unsafe headers[index].msg_hdr.msg_iov = parts.baseAddress.map { unsafe $0 + index }
                    unsafe headers[index].msg_hdr.msg_iovlen = 1
                }
                return try callUnlessBlocked { unsafe clinux_recvmmsg(number, headers.baseAddress, 2, 0) }
            }
        }
    }

    /// Throws away what waits from others than the peer, up to the first datagram of the peer's, and tells how many.
    ///
    /// A socket has its port a moment before it has its peer, and the kernel may take what comes to the port meanwhile,
    /// and put it into the queue even a moment later. It matters for a socket's first exchange, and for no other.
    public func dropStrangers() throws(SocketError) -> Int {
        let peer = try peerAddress()
        var count = 0
        try attempt(.receive) { () throws(ErrorNumber) in
            while let sender = try firstSender(), sender != peer {
                var scrap: UInt8 = 0
                _ = try callUnlessBlocked { unsafe recv(descriptor.number, &scrap, 1, 0) }
                count += 1
            }
        }
        return count
    }

    /// Who sent the first datagram that waits; nil when none does.
    private func firstSender() throws(ErrorNumber) -> SocketAddress? {
        var isThere = false
        let sender = try unsafe SocketAddress { (pointer, length) throws(ErrorNumber) in
            var scrap: UInt8 = 0
            isThere =
                try callUnlessBlocked {
                    unsafe clinux_recvfrom(descriptor.number, &scrap, 1, Int32(MSG_PEEK), pointer, length)
                } != nil
        }
        return isThere ? sender : nil
    }

    /// Throws away whatever waits, datagrams and reported errors alike, and tells how many of each there were.
    public func drain() -> (datagrams: Int, errors: Int) {
        var found = (datagrams: 0, errors: dropReports())
        // Reading an error clears it (socket(7), SO_ERROR), so the end comes; the bound keeps a flood from holding us.
        for _ in 0..<1024 {
            do {
                var scrap: UInt8 = 0
                let taken = try callUnlessBlocked { unsafe recv(descriptor.number, &scrap, 1, 0) }
                guard taken != nil else { break }
                found.datagrams += 1
            } catch {
                found.errors += 1
            }
        }
        return found
    }
}
