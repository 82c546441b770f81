internal import CLinux
internal import Glibc
public import Sockets

/// The signals that end a program, as something to wait for like a datagram (signalfd(2)).
public struct Signals: ~Copyable {
    private let descriptor: Descriptor
    private let watch: Watch
    private let loop: EventLoop

    /// Blocks TERM and INT in the calling thread and those that it starts from now on, so that nothing is interrupted.
    public static func block() {
        var mask = terminating()
        unsafe pthread_sigmask(SIG_BLOCK, &mask, nil)
    }

    private static func terminating() -> sigset_t {
        var mask = sigset_t()
        unsafe sigemptyset(&mask)
        unsafe sigaddset(&mask, SIGTERM)
        unsafe sigaddset(&mask, SIGINT)
        return mask
    }

    /// Begins to listen; the signals must be blocked already.
    public init(on loop: EventLoop) throws(SocketError) {
        var mask = Self.terminating()
        let descriptor = Descriptor(owning: try watched(unsafe signalfd(-1, &mask, Int32(SFD_CLOEXEC | SFD_NONBLOCK))))
        watch = try loop.watch(descriptor, as: .stream)
        self.descriptor = descriptor
        self.loop = loop
    }

    /// Waits for the next TERM or INT.
    public func next() async {
        var information = signalfd_siginfo()
        // Two may have been reported as one: the second is there already.
        while unsafe read(descriptor.number, &information, MemoryLayout<signalfd_siginfo>.size) < 0 {
            _ = await loop.readable(watch)
        }
    }
}
