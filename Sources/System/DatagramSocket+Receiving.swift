internal import CLinux
internal import Glibc

extension DatagramSocket {
    /// Takes the first waiting datagram into a part of an array and tells how long it is; nil when none waits.
    ///
    /// A longer one than there is room for is cut (recv(2), MSG_TRUNC).
    public func receive(into bytes: inout [UInt8], _ room: Range<Int>) throws(SystemError) -> Int? {
        let number = descriptor.number
        return try attempt(.receive) { () throws(ErrorNumber) in
            try callUnlessBlocked {
                unsafe bytes.withMutableBytes(in: room) {
                    unsafe clinux_recv(number, $0.baseAddress, $0.count, Int32(MSG_TRUNC))
                }
            }
        }
    }

    /// Throws away what waits from others than the peer, up to the first datagram of the peer's, and tells how many.
    ///
    /// A socket has its port a moment before it has its peer, and the kernel may take what comes to the port meanwhile,
    /// and put it into the queue even a moment later. It matters for a socket's first exchange, and for no other.
    public func dropStrangers() throws(SystemError) -> Int {
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

    /// What was thrown away.
    public struct Drained {
        /// How many bytes each datagram had.
        public var lengths: [Int] = []
        /// How many reported errors there were.
        public var errors = 0
        /// How many datagrams there were.
        public var datagrams: Int { lengths.count }
    }

    /// Throws away whatever waits, datagrams and reported errors alike, and tells what that was.
    public func drain() -> Drained {
        var found = Drained(errors: dropReports())
        // Reading an error clears it (socket(7), SO_ERROR), so the end comes; the bound keeps a flood from holding us.
        for _ in 0..<1024 {
            do {
                var scrap: UInt8 = 0
                // MSG_TRUNC: the length is the datagram's, and not that of the room (recv(2)).
                let length = try callUnlessBlocked { unsafe recv(descriptor.number, &scrap, 1, Int32(MSG_TRUNC)) }
                guard let length else { break }
                found.lengths.append(Int(length))
            } catch {
                found.errors += 1
            }
        }
        return found
    }
}
