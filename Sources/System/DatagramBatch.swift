internal import CLinux
internal import Glibc

/// A batch of datagrams that one system call receives and one system call answers.
///
/// The server receives, answers and sends until the queue is empty. The memory is set aside once: `capacity` times 64
/// KiB of address space, of which the kernel touches only the pages that datagrams fill.
@safe
public struct DatagramBatch: ~Copyable {
    /// A reply that no datagram can carry.
    public struct Oversized: Sendable {
        /// The address that the reply is for.
        public let sender: SocketAddress?
        /// The reply's length in bytes.
        public let length: Int
    }

    /// Room for one datagram: more than any can hold, so that none is ever cut.
    private static let room = 65_536
    private static let controlRoom = DatagramControl.room

    private let capacity: Int
    private let bytes: UnsafeMutableRawPointer
    private let controls: UnsafeMutableRawPointer
    private let names: UnsafeMutablePointer<sockaddr_storage>
    private let parts: UnsafeMutablePointer<iovec>
    private let headers: UnsafeMutablePointer<mmsghdr>
    /// The range of each header's reply in `replies`.
    private var ranges: [Range<Int>] = []
    private var replies: [UInt8] = []
    private var received = 0
    private var sent = 0
    /// The number of headers to set anew: the last datagrams and their replies have changed them.
    private var staleHeaders: Int
    private var hasControl = false

    /// Sets memory aside for up to `capacity` datagrams at a time.
    public init(capacity: Int = 64) {
        self.capacity = capacity
        staleHeaders = capacity
        unsafe bytes = .allocate(byteCount: capacity * Self.room, alignment: 4096)
        unsafe controls = .allocate(byteCount: capacity * Self.controlRoom, alignment: 16)
        unsafe names = .allocate(capacity: capacity)
        unsafe parts = .allocate(capacity: capacity)
        unsafe headers = .allocate(capacity: capacity)
        unsafe names.initialize(repeating: sockaddr_storage(), count: capacity)
        unsafe parts.initialize(repeating: iovec(), count: capacity)
        unsafe headers.initialize(repeating: mmsghdr(), count: capacity)
        ranges.reserveCapacity(capacity)
        replies.reserveCapacity(2 * Self.room)
    }

    deinit {
        unsafe bytes.deallocate()
        unsafe controls.deallocate()
        unsafe names.deallocate()
        unsafe parts.deallocate()
        unsafe headers.deallocate()
    }

    /// Takes waiting datagrams, as many as there is room for; 0 means that none waits (recvmmsg(2)).
    public mutating func receive(from socket: borrowing DatagramSocket) throws(SystemError) -> Int {
        ranges.removeAll(keepingCapacity: true)
        replies.removeAll(keepingCapacity: true)
        (received, sent) = (0, 0)
        if hasControl != socket.knowsDestination { (hasControl, staleHeaders) = (socket.knowsDestination, capacity) }
        for index in 0..<staleHeaders { prepareToReceive(index) }
        // The kernel may have touched the first header even where the call fails.
        staleHeaders = 1
        let number = socket.descriptor.number
        let count: Int32?
        do {
            count = try callUnlessBlocked { unsafe recvmmsg(number, headers, UInt32(capacity), 0, nil) }
        } catch {
            throw SystemError(.receive, try? socket.localAddress(), error)
        }
        received = Int(count ?? 0)
        staleHeaders = max(staleHeaders, received)
        return received
    }

    /// The number of replies.
    public var count: Int { ranges.count }

    /// Whether the last receive filled the batch, so that more may wait.
    public var isFull: Bool { received == capacity }

    /// Shows each received datagram with its sender, in the order of arrival.
    public func forEach(_ body: (SocketAddress, Span<UInt8>) -> Void) {
        for index in 0..<received {
            guard let sender = sender(index) else { continue }
            unsafe body(sender, datagram(index).span)
        }
    }

    /// Shows each received datagram with the address that a reply must come from; nil where the socket has one address.
    ///
    /// A batch that was read this way is not for `answer(_:)`.
    public func forEach(_ body: (SocketAddress, ReplySource?, Span<UInt8>) -> Void) {
        for index in 0..<received {
            guard let sender = sender(index) else { continue }
            var header = unsafe headers[index].msg_hdr
            let source = unsafe hasControl ? ReplySource(&header) : nil
            unsafe body(sender, source, datagram(index).span)
        }
    }

    /// Lets `respond` append the reply to each received datagram, and returns the replies that are too long to send.
    public mutating func answer(_ respond: (Span<UInt8>, inout [UInt8]) -> Void) -> [Oversized] {
        var oversized: [Oversized] = []
        var kept = 0
        for index in 0..<received {
            let start = replies.count
            unsafe respond(datagram(index).span, &replies)
            if replies.count - start > DatagramSocket.maximumPayload {
                let sender = sender(index)
                if replies.count - start > (sender?.maximumPayload ?? 0) {
                    oversized.append(Oversized(sender: sender, length: replies.count - start))
                    replies.removeSubrange(start...)
                    continue
                }
            }
            unsafe headers[kept].msg_hdr = headers[index].msg_hdr
            ranges.append(start..<replies.count)
            kept += 1
        }
        for index in 0..<kept {
            // Through a variable: Thread Sanitizer's compiler fails on an element that is passed inout.
            var header = unsafe headers[index].msg_hdr
            unsafe DatagramControl.turnAround(&header)
            unsafe headers[index].msg_hdr = header
        }
        return oversized
    }

    /// Shows each reply of at least this length, with its receiver and the address that it must come from.
    public func forEachReply(ofAtLeast length: Int, _ body: (SocketAddress, ReplySource?, Span<UInt8>) -> Void) {
        for (index, range) in ranges.enumerated() where range.count >= length {
            guard let receiver = sender(index) else { continue }
            var header = unsafe headers[index].msg_hdr
            let source = unsafe hasControl ? ReplySource(&header) : nil
            body(receiver, source, replies.span.extracting(range))
        }
    }

    /// Takes back the last skipped reply: the error of `send(over:)` was a report about an earlier datagram.
    public mutating func restoreSkipped() { sent = max(0, sent - 1) }

    /// Sends the remaining replies; false means that the kernel has no room yet (sendmmsg(2)).
    ///
    /// Throws when one reply cannot be sent. The call skips that reply and puts its address into the error; call again
    /// for the others.
    public mutating func send(over socket: borrowing DatagramSocket) throws(SystemError) -> Bool {
        let number = socket.descriptor.number
        while sent < ranges.count {
            let count: Int32?
            do throws(ErrorNumber) {
                count = try unsafe replies.span.bytes.withUnsafeBytes { replies throws(ErrorNumber) in
                    for index in sent..<ranges.count { unsafe point(index, into: replies) }
                    return try callUnlessBlocked {
                        unsafe sendmmsg(number, headers + sent, UInt32(ranges.count - sent), 0)
                    }
                }
            } catch {
                sent += 1
                throw SystemError(.send, sender(sent - 1), error)
            }
            guard let count else { return false }
            sent += Int(count)
        }
        return true
    }

    private func datagram(_ index: Int) -> UnsafeBufferPointer<UInt8> {
        let start = unsafe pointer(to: index).assumingMemoryBound(to: UInt8.self)
        return unsafe UnsafeBufferPointer(start: start, count: Int(headers[index].msg_len))
    }

    private func pointer(to index: Int) -> UnsafeMutableRawPointer {
        unsafe bytes + index * Self.room
    }

    /// The address that a header's message came from, and that its reply goes to.
    private func sender(_ index: Int) -> SocketAddress? {
        guard let name = unsafe headers[index].msg_hdr.msg_name else { return nil }
        return unsafe SocketAddress(copying: name.assumingMemoryBound(to: sockaddr.self))
    }

    private func prepareToReceive(_ index: Int) {
        unsafe parts[index] = iovec(iov_base: pointer(to: index), iov_len: Self.room)
        var header = unsafe msghdr()
        unsafe header.msg_name = UnsafeMutableRawPointer(names + index)
        unsafe header.msg_namelen = socklen_t(MemoryLayout<sockaddr_storage>.size)
        unsafe header.msg_iov = parts + index
        unsafe header.msg_iovlen = 1
        if hasControl {
            unsafe header.msg_control = controls + index * Self.controlRoom
            unsafe header.msg_controllen = Self.controlRoom
        }
        unsafe headers[index].msg_hdr = header
    }

    /// Points a header at its reply.
    ///
    /// Name and control message stay as received: the reply goes to the datagram's sender, from the address that the
    /// sender used.
    private func point(_ index: Int, into replies: UnsafeRawBufferPointer) {
        let start = unsafe replies.baseAddress.map { unsafe $0 + ranges[index].lowerBound }
        unsafe parts[index] = iovec(iov_base: UnsafeMutableRawPointer(mutating: start), iov_len: ranges[index].count)
        unsafe headers[index].msg_hdr.msg_iov = parts + index
        unsafe headers[index].msg_hdr.msg_flags = 0
    }
}
