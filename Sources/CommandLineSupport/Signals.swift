internal import CLinux
internal import Glibc
public import System

/// The signals that a program handles, as events of the loop (signalfd(2)).
public final class Signals {
    /// The request of a signal.
    public enum Request: Sendable {
        /// TERM, INT or QUIT: finish, and end.
        case end
        /// HUP: read settings and names again.
        case reload
    }

    private let descriptor: Descriptor
    private let watch: Watch
    private let loop: EventLoop

    /// The signals that ask the program to end.
    private static let ending = [SIGTERM, SIGINT, SIGQUIT]
    /// Signals whose default would end the program in the middle of its work (signal(7)).
    private static let ignored = [SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGXFSZ]

    /// The real-time signals that the C library leaves to programs (signal(7)).
    private static let realTime = Array(34...64 as ClosedRange<Int32>)

    /// Blocks the handled signals in the calling thread and in those that it starts from now on, so that they interrupt
    /// nothing, and ignores the others.
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

    /// Begins to read signals, which must be blocked already.
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
        // Two signals may have been reported as one: the second is already there.
        while unsafe read(descriptor.number, &information, MemoryLayout<signalfd_siginfo>.size) < 0 {
            _ = await loop.readable(watch)
        }
        return information.ssi_signo == UInt32(SIGHUP) ? .reload : .end
    }

    /// Waits until a signal asks the program to end.
    public func end() async {
        while await next() != .end {}
    }
}
