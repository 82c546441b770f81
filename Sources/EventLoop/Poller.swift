internal import CLinux
internal import Glibc
internal import System

/// The kernel's report of one descriptor.
struct PollEvent {
    /// The value from the descriptor's registration.
    let key: UInt64
    /// EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR (epoll_ctl(2)).
    let flags: UInt32
}

/// The kernel's interest and ready lists: epoll(7) and nothing more.
@safe
struct Poller: ~Copyable {
    /// The most events of one wait.
    static let batch = 4096

    private let descriptor: Descriptor
    private let events: UnsafeMutablePointer<epoll_event>

    /// Opens an empty list (epoll_create1(2)).
    init() throws(SystemError) {
        descriptor = Descriptor(owning: try watched(epoll_create1(Int32(EPOLL_CLOEXEC))))
        unsafe events = .allocate(capacity: Self.batch)
        unsafe events.initialize(repeating: epoll_event(), count: Self.batch)
    }

    deinit { unsafe events.deallocate() }

    /// Adds a descriptor to the list; it leaves by itself when it is closed.
    func add(_ number: Int32, _ flags: UInt32, key: UInt64) throws(SystemError) {
        var event = unsafe epoll_event(events: flags, data: epoll_data_t(u64: key))
        _ = try watched(unsafe epoll_ctl(descriptor.number, EPOLL_CTL_ADD, number, &event))
    }

    /// Removes an open descriptor from the list.
    func remove(_ number: Int32) {
        var unused = unsafe epoll_event()
        _ = unsafe epoll_ctl(descriptor.number, EPOLL_CTL_DEL, number, &unused)
    }

    /// Waits for events or the end of the time, and returns the number of events.
    ///
    /// - `milliseconds`: -1 waits for ever, 0 only polls.
    func wait(milliseconds: Int32) -> Int {
        let count = Int(unsafe epoll_wait(descriptor.number, events, Int32(Self.batch), milliseconds))
        if count >= 0 { return count }
        // An interruption by a signal means no events: the loop polls again. All other errors are lasting bugs
        // (epoll_wait(2)), with which a loop that continued would spin.
        let reason = ErrorNumber(errno)
        precondition(reason.code == EINTR, "epoll_wait(2) on the loop's own descriptor failed: \(reason)")
        return 0
    }

    /// One event of the last wait.
    func event(_ index: Int) -> PollEvent {
        let event = unsafe events[index]
        return unsafe PollEvent(key: event.data.u64, flags: event.events)
    }
}

/// Turns a result of -1 into the error of errno.
func watched(_ result: Int32) throws(SystemError) -> Int32 {
    guard result != -1 else { throw SystemError(.watch, nil, ErrorNumber(errno)) }
    return result
}
