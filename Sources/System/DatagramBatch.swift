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
    /// The replies, one behind the other, so that short ones share a page.
    private let replies: UnsafeMutablePointer<UInt8>
    private var received = 0
    /// The number of replies, whose headers and parts are the first ones.
    public private(set) var count = 0
    /// The number of replies that were sent or skipped, the first ones.
    public private(set) var sent = 0
    /// Whether a call sent only some of its replies: the error that stopped it, such as the report of an earlier datagram,
    /// is lost then (sendmmsg(2)).
    public private(set) var hasLostError = false
    /// The number of replies up to the last one that was taken back.
    private var restored = 0
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
        unsafe replies = .allocate(capacity: capacity * Self.room)
    }

    deinit {
        unsafe bytes.deallocate()
        unsafe controls.deallocate()
        unsafe names.deallocate()
        unsafe parts.deallocate()
        unsafe headers.deallocate()
        unsafe replies.deallocate()
    }

    /// Takes waiting datagrams, as many as there is room for; 0 means that none waits (recvmmsg(2)).
    public mutating func receive(from socket: borrowing DatagramSocket) throws(SystemError) -> Int {
        (received, count, sent, restored, hasLostError) = (0, 0, 0, 0, false)
        if hasControl != socket.knowsDestination { (hasControl, staleHeaders) = (socket.knowsDestination, capacity) }
        for index in 0..<staleHeaders { prepareToReceive(index) }
        // The kernel may have touched the first header even where the call fails.
        staleHeaders = 1
        let number = socket.descriptor.number
        let taken: Int32?
        do {
            taken = try callUnlessBlocked { unsafe recvmmsg(number, headers, UInt32(capacity), 0, nil) }
        } catch {
            throw SystemError(.receive, try? socket.localAddress(), error)
        }
        received = Int(taken ?? 0)
        staleHeaders = max(staleHeaders, received)
        return received
    }

    /// Whether the last receive filled the batch, so that more may wait.
    public var isFull: Bool { received == capacity }

    /// Shows each received datagram with its sender and the address that it came to, which has this port; nil where the
    /// socket has one address.
    public func forEach(at port: UInt16, _ body: (SocketAddress, SocketAddress?, Span<UInt8>) -> Void) {
        for index in 0..<received {
            guard let sender = sender(index) else { continue }
            let header = unsafe headers[index].msg_hdr
            let control = unsafe UnsafeRawBufferPointer(
                start: header.msg_control, count: hasControl ? Int(header.msg_controllen) : 0)
            let receiver = unsafe DatagramControl.address(in: control, ofReply: false, sender, port)
            unsafe body(sender, receiver, datagram(index).span)
        }
    }

    /// Shows each received datagram, in the order of arrival, with its sender and the address that a reply must come from; nil
    /// where the socket has one address.
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

    /// Lets `respond` write the reply to each received datagram, and returns the replies that are too long to send.
    ///
    /// A reply has room for 65,536 bytes, more than any datagram carries, so that a reply one byte too long is reported.
    public mutating func answer(_ respond: (Span<UInt8>, inout OutputSpan<UInt8>) -> Void) -> [Oversized] {
        var oversized: [Oversized] = []
        var end = unsafe replies
        for index in 0..<received {
            let room = unsafe UnsafeMutableBufferPointer(start: end, count: Self.room)
            var reply = unsafe OutputSpan(buffer: room, initializedCount: 0)
            unsafe respond(datagram(index).span, &reply)
            let length = unsafe reply.finalize(for: room)
            if length > DatagramSocket.maximumPayload {
                let sender = sender(index)
                if length > (sender?.maximumPayload ?? 0) {
                    oversized.append(Oversized(sender: sender, length: length))
                    continue
                }
            }
            unsafe keep(end, length, asReplyTo: index)
            unsafe end += length
        }
        return oversized
    }

    /// Makes the next header to send: the reply goes to the datagram's sender, from the address that the sender used.
    private mutating func keep(_ reply: UnsafeMutablePointer<UInt8>, _ length: Int, asReplyTo index: Int) {
        unsafe parts[count] = iovec(iov_base: reply, iov_len: length)
        // Through a variable: Thread Sanitizer's compiler fails on an element that is passed inout.
        var header = unsafe headers[index].msg_hdr
        unsafe header.msg_iov = parts + count
        unsafe header.msg_flags = 0
        if hasControl { unsafe DatagramControl.turnAround(&header) }
        unsafe headers[count].msg_hdr = header
        count += 1
    }

    /// Shows each reply of at least this length, with its place, its receiver and the address that it must come from.
    public func forEachReply(ofAtLeast length: Int, _ body: (Int, SocketAddress, ReplySource?, Span<UInt8>) -> Void) {
        for index in 0..<count where unsafe parts[index].iov_len >= length {
            guard let receiver = sender(index) else { continue }
            let source = unsafe hasControl ? ReplySource(ofReply: headers[index].msg_hdr) : nil
            unsafe body(index, receiver, source, reply(index).span)
        }
    }

    /// Takes back the last skipped reply, once: the error of `send(over:)` may be a report about an earlier datagram.
    ///
    /// False where the reply was taken back before: the second error is its own.
    public mutating func restoreSkipped() -> Bool {
        guard sent > restored else { return false }
        restored = sent
        sent -= 1
        return true
    }

    /// Sends the remaining replies; false means that the kernel has no room yet (sendmmsg(2)).
    ///
    /// Throws when one reply cannot be sent. The call skips that reply and puts its address into the error; call again
    /// for the others.
    public mutating func send(over socket: borrowing DatagramSocket) throws(SystemError) -> Bool {
        let number = socket.descriptor.number
        while sent < count {
            let gone: Int32?
            do {
                gone = try callUnlessBlocked { unsafe sendmmsg(number, headers + sent, UInt32(count - sent), 0) }
            } catch {
                sent += 1
                throw SystemError(.send, sender(sent - 1), error)
            }
            guard let gone else { return false }
            if gone < count - sent { hasLostError = true }
            sent += Int(gone)
        }
        return true
    }

    private func datagram(_ index: Int) -> UnsafeBufferPointer<UInt8> {
        let start = unsafe pointer(to: index).assumingMemoryBound(to: UInt8.self)
        return unsafe UnsafeBufferPointer(start: start, count: Int(headers[index].msg_len))
    }

    private func reply(_ index: Int) -> UnsafeBufferPointer<UInt8> {
        let start = unsafe parts[index].iov_base?.assumingMemoryBound(to: UInt8.self)
        return unsafe UnsafeBufferPointer(start: start, count: parts[index].iov_len)
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
}
