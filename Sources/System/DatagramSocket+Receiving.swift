internal import CLinux
internal import Glibc

extension DatagramSocket {
    /// Takes the first waiting datagram into a part of an array and returns its length; nil when none waits.
    ///
    /// A datagram longer than the room is cut (recv(2), MSG_TRUNC).
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

    /// Drops waiting datagrams of other senders, up to the peer's first one, and returns their number.
    ///
    /// A socket has its port a moment before it has its peer. A datagram that comes to the port meanwhile may enter the
    /// queue even a moment later. It matters for a socket's first exchange, and for no other.
    public func dropStrangers() throws(SystemError) -> Int {
        let peer = try peerAddress()
        var count = 0
        try attempt(.receive) { () throws(ErrorNumber) in
            while let sender = try firstSender(), sender != peer {
                var discarded: UInt8 = 0
                _ = try callUnlessBlocked { unsafe recv(descriptor.number, &discarded, 1, 0) }
                count += 1
            }
        }
        return count
    }

    /// The sender of the first waiting datagram; nil when none waits.
    private func firstSender() throws(ErrorNumber) -> SocketAddress? {
        var isThere = false
        let sender = try unsafe SocketAddress { (pointer, length) throws(ErrorNumber) in
            var discarded: UInt8 = 0
            isThere =
                try callUnlessBlocked {
                    unsafe clinux_recvfrom(descriptor.number, &discarded, 1, Int32(MSG_PEEK), pointer, length)
                } != nil
        }
        return isThere ? sender : nil
    }

    /// The datagrams and errors that a drain has dropped.
    public struct Drained {
        /// The length of each datagram.
        public var lengths: [Int] = []
        /// The number of reported errors.
        public var errors = 0
        /// The number of datagrams.
        public var datagrams: Int { lengths.count }
    }

    /// Drops all waiting datagrams and reported errors, and returns their counts.
    public func drain() -> Drained {
        var found = Drained(errors: dropReports())
        // Reading an error clears it (socket(7), SO_ERROR), so the loop ends; the bound holds against a flood.
        for _ in 0..<1024 {
            do {
                var discarded: UInt8 = 0
                // MSG_TRUNC: the call returns the datagram's length, not that of the room (recv(2)).
                let length = try callUnlessBlocked { unsafe recv(descriptor.number, &discarded, 1, Int32(MSG_TRUNC)) }
                guard let length else { break }
                found.lengths.append(Int(length))
            } catch {
                found.errors += 1
            }
        }
        return found
    }
}
