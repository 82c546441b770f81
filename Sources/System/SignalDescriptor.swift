internal import CLinux
internal import Glibc

/// The signals that a program handles, read from a descriptor (signalfd(2)).
public struct SignalDescriptor: ~Copyable {
    /// The request of a signal.
    public enum Request: Sendable {
        /// TERM, INT or QUIT: finish, and end.
        case end
        /// HUP: the terminal is gone, or settings and names are to be read again.
        case hangup
    }

    /// The open descriptor, which the value closes at its end.
    public let descriptor: Descriptor

    /// The signals that ask the program to end.
    private static let ending = [SIGTERM, SIGINT, SIGQUIT]
    /// Signals whose default would end the program in the middle of its work (signal(7)).
    private static let ignored = [SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGXFSZ]
    /// The real-time signals that the C library leaves to programs (signal(7)).
    private static let realTime = Array(34...64 as ClosedRange<Int32>)

    /// Blocks the handled signals in the calling thread and in those that it starts from now on, so that they interrupt
    /// nothing, and ignores the others.
    public static func block() {
        var mask = handled()
        unsafe pthread_sigmask(SIG_BLOCK, &mask, nil)
        for signal in ignored + realTime { _ = Glibc.signal(signal, SIG_IGN) }
    }

    /// Lets a held signal to end do so at once, until ``block()``; the others stay held.
    ///
    /// It is for the time before the program has begun its work, in which it may wait for a file that is a pipe, or for a name
    /// server.
    ///
    /// - `withSuccess`: whether the status is 0; otherwise the default ends the program.
    public static func endAtOnce(withSuccess: Bool = true) {
        // A handler may call _exit(2), and not exit(3): signal-safety(7).
        if withSuccess { for signal in ending { SignalDefault.replace(signal, by: { _ in _exit(0) }) } }
        var mask = set(of: ending)
        unsafe pthread_sigmask(SIG_UNBLOCK, &mask, nil)
    }

    fileprivate static let all = ending + [SIGHUP] + ignored + realTime

    private static func handled() -> sigset_t { set(of: ending + [SIGHUP]) }

    fileprivate static func set(of signals: [Int32]) -> sigset_t {
        var mask = sigset_t()
        unsafe sigemptyset(&mask)
        for signal in signals { unsafe sigaddset(&mask, signal) }
        return mask
    }

    /// Whether the program was started to ignore HUP, as by nohup(1).
    ///
    /// A descriptor reports a blocked signal also where it is ignored.
    public static var ignoresHangup: Bool {
        var action = sigaction()
        unsafe sigaction(SIGHUP, nil, &action)
        return unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    }

    /// Opens a descriptor for the handled signals, which must be blocked already.
    public init() throws(SystemError) {
        var mask = Self.handled()
        descriptor = try attempt(.watch) { () throws(ErrorNumber) in
            Descriptor(owning: try call { unsafe signalfd(-1, &mask, Int32(SFD_CLOEXEC | SFD_NONBLOCK)) })
        }
    }

    /// The request of the next signal; nil when none has come (read(2)).
    public func next() -> Request? {
        var information = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        guard unsafe read(descriptor.number, &information, size) == size else { return nil }
        return information.ssi_signo == UInt32(SIGHUP) ? .hangup : .end
    }
}

/// Holds signals back from the first moment of a program, which does not know yet whether its command handles them.
public struct SignalHold {
    private let before: sigset_t

    /// Blocks all signals that ``SignalDescriptor`` handles or ignores.
    public init() {
        var (mask, before) = (SignalDescriptor.set(of: SignalDescriptor.all), sigset_t())
        unsafe pthread_sigmask(SIG_BLOCK, &mask, &before)
        self.before = before
    }

    /// Gives the signals back their effects, also those that have come meanwhile.
    public func release() {
        var mask = before
        unsafe pthread_sigmask(SIG_SETMASK, &mask, nil)
    }
}

/// PIPE, which the program ignores.
enum PipeSignal {
    /// Ignores the signal, once; whether the program was started to ignore it.
    static let wasIgnored = {
        let former = signal(SIGPIPE, SIG_IGN)
        return unsafe unsafeBitCast(former, to: Int.self) == 1
    }()

    /// Ends the program as the signal does by default; returns where the program was started to ignore it.
    static func end() {
        guard !wasIgnored else { return }
        var mask = SignalDescriptor.set(of: [SIGPIPE])
        _ = signal(SIGPIPE, SIG_DFL)
        unsafe pthread_sigmask(SIG_UNBLOCK, &mask, nil)
        raise(SIGPIPE)
    }
}

/// The program's own reactions to signals that it does not read from a descriptor.
public enum SignalDefault {
    /// Makes QUIT end the program at once (signal(7)).
    ///
    /// Swift's runtime takes it for a crash: it prints a backtrace, asks at a terminal, and goes on.
    public static func restoreQuit() { replace(SIGQUIT, by: SIG_DFL) }

    /// Changes the reaction to a signal, unless the program was started to ignore it, as by nohup(1).
    static func replace(_ number: Int32, by handler: __sighandler_t?) {
        let former = signal(number, handler)
        if unsafe unsafeBitCast(former, to: Int.self) == 1 { _ = signal(number, SIG_IGN) }
    }
}
