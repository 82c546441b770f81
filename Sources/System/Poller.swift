public import CLinux
internal import Glibc

/// The kind of a watched descriptor, which decides about the kernel's reports (epoll_ctl(2)).
public enum WatchKind: Sendable {
    /// A stream: reported once when bytes or room for bytes appear, and when the other side ends.
    case stream
    /// A UDP socket that is read until it is empty: reported once when a datagram or an error arrives.
    case datagrams
    /// A UDP socket from which one datagram is taken at a time: reported as long as there is another, or an error.
    case singleDatagrams
    /// A listening socket: reported as long as a connection waits.
    case listener
    /// A ``Waker``: each wake is reported once, so that its counter need not be read.
    case waker

    var flags: UInt32 {
        switch self {
        case .stream: EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        case .datagrams, .waker: EPOLLIN.rawValue | EPOLLET.rawValue
        case .singleDatagrams, .listener: EPOLLIN.rawValue
        }
    }
}

/// The kernel's report of a descriptor (epoll_ctl(2)).
@frozen
public struct Readiness: OptionSet, Sendable {
    /// The four bits.
    public let rawValue: UInt8

    /// There is something to read, or an error to learn.
    @inlinable public static var toRead: Readiness { Readiness(rawValue: 1) }
    /// There is room to write, or an error to learn.
    @inlinable public static var toWrite: Readiness { Readiness(rawValue: 2) }
    /// No more bytes will come: it stays ready to read, for the next call tells how it ended.
    @inlinable public static var ended: Readiness { Readiness(rawValue: 4) }
    /// Both directions have ended.
    ///
    /// The end of the incoming bytes is not enough for that: a peer that has sent everything may still listen, and
    /// slowly.
    @inlinable public static var hungUp: Readiness { Readiness(rawValue: 8) }

    /// Readiness by its bits.
    @inlinable
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    @inlinable
    init(epoll flags: UInt32) {
        var readiness: Readiness = []
        let ends = EPOLLRDHUP.rawValue | EPOLLHUP.rawValue
        if flags & (EPOLLIN.rawValue | EPOLLERR.rawValue) != 0 { readiness.insert(.toRead) }
        if flags & (EPOLLOUT.rawValue | EPOLLERR.rawValue) != 0 { readiness.insert(.toWrite) }
        if flags & ends != 0 { readiness.formUnion([.ended, .toRead]) }
        if flags & EPOLLHUP.rawValue != 0 { readiness.formUnion([.hungUp, .toWrite]) }
        self = readiness
    }
}

/// The kernel's interest and ready lists: epoll(7) and nothing more.
@safe
public struct Poller: ~Copyable {
    /// The kernel's report of one descriptor.
    @frozen
    public struct Event {
        /// The value from the descriptor's registration.
        public let key: UInt64
        /// The state of the descriptor.
        public let readiness: Readiness

        @inlinable
        init(key: UInt64, readiness: Readiness) { (self.key, self.readiness) = (key, readiness) }
    }

    /// The most events of one wait.
    public static let batch = 4096

    private let descriptor: Descriptor
    @usableFromInline let events: UnsafeMutablePointer<epoll_event>

    /// Opens an empty list (epoll_create1(2)).
    public init() throws(SystemError) {
        descriptor = try attempt(.watch) { () throws(ErrorNumber) in
            Descriptor(owning: try call { epoll_create1(Int32(EPOLL_CLOEXEC)) })
        }
        unsafe events = .allocate(capacity: Self.batch)
        unsafe events.initialize(repeating: epoll_event(), count: Self.batch)
    }

    deinit { unsafe events.deallocate() }

    /// Adds a descriptor to the list; it leaves by itself when it is closed.
    public func add(_ number: Int32, as kind: WatchKind, key: UInt64) throws(SystemError) {
        var event = unsafe epoll_event(events: kind.flags, data: epoll_data_t(u64: key))
        _ = try attempt(.watch) { () throws(ErrorNumber) in
            try call { unsafe epoll_ctl(descriptor.number, EPOLL_CTL_ADD, number, &event) }
        }
    }

    /// Removes an open descriptor from the list.
    public func remove(_ number: Int32) {
        var unused = unsafe epoll_event()
        _ = unsafe epoll_ctl(descriptor.number, EPOLL_CTL_DEL, number, &unused)
    }

    /// Waits for events or the end of the time, and returns the number of events.
    ///
    /// - `milliseconds`: -1 waits for ever, 0 only polls.
    public func wait(milliseconds: Int32) -> Int {
        let count = Int(unsafe epoll_wait(descriptor.number, events, Int32(Self.batch), milliseconds))
        if count >= 0 { return count }
        // An interruption by a signal means no events: the loop polls again. All other errors are lasting bugs
        // (epoll_wait(2)), with which a loop that continued would spin.
        let reason = ErrorNumber(errno)
        precondition(reason.code == EINTR, "epoll_wait(2) on the loop's own descriptor failed: \(reason)")
        return 0
    }

    /// One event of the last wait.
    @inlinable @inline(__always)
    public func event(_ index: Int) -> Event {
        let event = unsafe events[index]
        return unsafe Event(key: event.data.u64, readiness: Readiness(epoll: event.events))
    }
}

/// Wakes a thread that waits, at a poller or at the waker alone, from any other thread (eventfd(2)).
public struct Waker: ~Copyable, Sendable {
    /// The descriptor for the poller, to be watched as ``WatchKind/waker``.
    public let descriptor: Descriptor

    /// Opens a waker.
    public init() throws(SystemError) {
        descriptor = try attempt(.watch) { () throws(ErrorNumber) in
            Descriptor(owning: try call { eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)) })
        }
    }

    /// Ends the thread's wait, or its next one.
    public func wake() {
        var one: UInt64 = 1
        _ = unsafe write(descriptor.number, &one, 8)
    }

    /// Waits without a poller for a wake, at most this long; -1 waits for ever.
    func wait(atMost milliseconds: Int32 = -1) {
        var entry = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
        _ = try? call { unsafe poll(&entry, 1, milliseconds) }
        var count: UInt64 = 0
        _ = unsafe read(descriptor.number, &count, 8)
    }
}
