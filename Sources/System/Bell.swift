internal import CLinux
internal import Glibc

/// A signal from one thread to another that waits for it (eventfd(2)).
struct Bell: ~Copyable, Sendable {
    private let descriptor: Descriptor

    init() throws(SystemError) {
        descriptor = Descriptor(
            owning: try attempt(.watch) { () throws(ErrorNumber) in
                try call { eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)) }
            })
    }

    /// Wakes the waiting thread, or the next one that waits.
    func ring() { _ = eventfd_write(descriptor.number, 1) }

    /// Waits for a ring, at most this long.
    func wait(atMost milliseconds: Int32 = -1) {
        var entry = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
        _ = try? call { unsafe poll(&entry, 1, milliseconds) }
        var count: eventfd_t = 0
        _ = unsafe eventfd_read(descriptor.number, &count)
    }
}
