internal import CLinux
internal import Glibc
internal import System

/// What the kernel reported of one descriptor.
struct PollEvent {
    /// The value that was handed in when the descriptor was added.
    let key: UInt64
    /// EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR (epoll_ctl(2)).
    let flags: UInt32
}

/// The kernel's readiness list: epoll(7) and nothing more.
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

    /// Puts a descriptor on the list; it leaves by itself when it is closed.
    func add(_ number: Int32, _ flags: UInt32, key: UInt64) throws(SystemError) {
        var event = unsafe epoll_event(events: flags, data: epoll_data_t(u64: key))
        _ = try watched(unsafe epoll_ctl(descriptor.number, EPOLL_CTL_ADD, number, &event))
    }

    /// Takes an open descriptor off the list.
    func remove(_ number: Int32) {
        var unused = unsafe epoll_event()
        _ = unsafe epoll_ctl(descriptor.number, EPOLL_CTL_DEL, number, &unused)
    }

    /// Waits until something happens or the time is over and tells how many events there are.
    ///
    /// - `milliseconds`: -1 waits for ever, 0 only looks.
    func wait(milliseconds: Int32) -> Int {
        let count = Int(unsafe epoll_wait(descriptor.number, events, Int32(Self.batch), milliseconds))
        if count >= 0 { return count }
        // Interrupted by a signal is the same as nothing happened: the loop comes round again. All other errors are bugs
        // that would last (epoll_wait(2)), and a loop that goes on would spin.
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

/// Turns a result of -1 into the error that errno holds.
func watched(_ result: Int32) throws(SystemError) -> Int32 {
    guard result != -1 else { throw SystemError(.watch, nil, ErrorNumber(errno)) }
    return result
}
