internal import CLinux
internal import Glibc
public import System

/// The signals that a program acts on, as something to wait for like a datagram (signalfd(2)).
public final class Signals {
    /// What a signal asks for.
    public enum Request: Sendable {
        /// TERM, INT or QUIT: finish, and end.
        case end
        /// HUP: look again at what may have changed.
        case reload
    }

    private let descriptor: Descriptor
    private let watch: Watch
    private let loop: EventLoop

    /// Those that ask the program to end; a second one is not waited for.
    private static let ending = [SIGTERM, SIGINT, SIGQUIT]
    /// Those that would end a program that does not know them, in the middle of its work (signal(7)).
    private static let ignored = [SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGXFSZ]

    /// The real-time signals that the C library leaves to programs (signal(7)).
    private static let realTime = Array(34...64 as ClosedRange<Int32>)

    /// Blocks the signals that are waited for in the calling thread and those that it starts from now on, so that nothing
    /// is interrupted, and ignores the others.
    public static func block() {
        var mask = awaited()
        unsafe pthread_sigmask(SIG_BLOCK, &mask, nil)
        for signal in ignored + realTime { _ = Glibc.signal(signal, SIG_IGN) }
    }

    private static func awaited() -> sigset_t {
        var mask = sigset_t()
        unsafe sigemptyset(&mask)
        for signal in ending + [SIGHUP] { unsafe sigaddset(&mask, signal) }
        return mask
    }

    /// Begins to listen; the signals must be blocked already.
    public init(on loop: EventLoop) throws(SystemError) {
        var mask = Self.awaited()
        let descriptor = Descriptor(owning: try watched(unsafe signalfd(-1, &mask, Int32(SFD_CLOEXEC | SFD_NONBLOCK))))
        watch = try loop.watch(descriptor, as: .stream)
        self.descriptor = descriptor
        self.loop = loop
    }

    /// Waits for the next request.
    public func next() async -> Request {
        var information = signalfd_siginfo()
        // Two may have been reported as one: the second is there already.
        while unsafe read(descriptor.number, &information, MemoryLayout<signalfd_siginfo>.size) < 0 {
            _ = await loop.readable(watch)
        }
        return information.ssi_signo == UInt32(SIGHUP) ? .reload : .end
    }

    /// Waits until the program is asked to end.
    public func end() async {
        while await next() != .end {}
    }
}
