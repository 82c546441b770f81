internal import CLinux
internal import Glibc
internal import Synchronization

/// The terminal behind standard input (termios(3)).
public final class Terminal: Sendable {
    /// A signal for a key whose signal the terminal no longer sends.
    public enum Signal: Sendable {
        case interrupt, quit, suspend
    }

    private let descriptor: Descriptor
    /// Whether it can move its cursor, which an editor of lines needs.
    public let movesCursor: Bool
    /// The terminal's former settings, while it hands out keys.
    private let former = Mutex<termios?>(nil)

    /// Opens standard input's terminal; nil where standard input is none.
    public init?() {
        guard isatty(STDIN_FILENO) == 1 else { return nil }
        // Standard input may be open for reading only, and standard output may be a file (proc(5), /proc/pid/fd).
        let number = unsafe open("/proc/self/fd/\(STDIN_FILENO)", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard number >= 0 else { return nil }
        descriptor = Descriptor(owning: number)
        movesCursor = (Environment.value(of: "TERM") ?? "dumb") != "dumb"
    }

    deinit { restore() }

    /// Makes the terminal hand out each key at once, without showing it or acting on it.
    ///
    /// By default it collects a line, of which it keeps 4,095 bytes (termios(3), "Canonical and noncanonical mode").
    public func readKeys() throws(SystemError) {
        let number = descriptor.number
        try former.withLock { former throws(SystemError) in
            guard former == nil else { return }
            try attempt(.readInput) { () throws(ErrorNumber) in
                var settings = termios()
                _ = try call { unsafe tcgetattr(number, &settings) }
                former = settings
                settings.c_iflag &= ~tcflag_t(ICRNL | INLCR | IXON | ISTRIP)
                settings.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
                unsafe withUnsafeMutableBytes(of: &settings.c_cc) {
                    unsafe $0[Int(VMIN)] = 1
                    unsafe $0[Int(VTIME)] = 0
                }
                if let former { TerminalRestorer.begin(number, former) }
                _ = try call { unsafe tcsetattr(number, TCSANOW, &settings) }
            }
        }
    }

    /// Restores the terminal's settings.
    public func restore() {
        guard var settings = former.withLock({ $0.take() }) else { return }
        unsafe tcsetattr(descriptor.number, TCSANOW, &settings)
        TerminalRestorer.end()
    }

    /// Writes text, which may move the cursor.
    public func write(_ text: String) throws(SystemError) {
        let number = descriptor.number
        try attempt(.writeOutput) { () throws(ErrorNumber) in try Console.write(Array(text.utf8), to: number) }
    }

    /// The number of columns (ioctl_tty(2), TIOCGWINSZ); 80 where the terminal does not tell.
    public var columns: Int {
        var size = winsize()
        let status = unsafe ioctl(descriptor.number, UInt(TIOCGWINSZ), &size)
        return status == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    /// Sends the signal of a key to all programs in the foreground, as the terminal would by itself, or where the program is not
    /// among them to the program alone; returns when the program continues.
    public func send(_ signal: Signal) {
        let number =
            switch signal {
            case .interrupt: SIGINT
            case .quit: SIGQUIT
            case .suspend: SIGTSTP
            }
        let isInForeground = tcgetpgrp(descriptor.number) == getpgrp()
        kill(isInForeground ? 0 : getpid(), number)
    }
}

/// The terminal that a program was started from, in which keys and a hangup become signals (tty(4)).
public enum ControllingTerminal {
    /// Whether the program had one when this was first read.
    public static let existedAtStart = error == 0

    /// Whether the program had one, and that has been closed since.
    ///
    /// Other errors, such as that of a program without a free descriptor, tell nothing about the terminal.
    public static var isGone: Bool { existedAtStart && [ENXIO, EIO].contains(error) }

    /// The error of opening it; 0 where it is there.
    private static var error: Int32 {
        let number = unsafe open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard number >= 0 else { return errno }
        _ = Descriptor(owning: number)
        return 0
    }
}

extension Console {
    /// Ends the program as a write to a pipe without a reader does (signal(7)); with status 1 where it was started to ignore
    /// that signal.
    public static func endWithReader() -> Never {
        TerminalRestorer.restore()
        PipeSignal.end()
        exit(1)
    }
}

/// Restores the terminal where the program ends without ``Terminal/restore()``: by exit(3), or by a signal from elsewhere.
///
/// A program has one terminal as its standard input, and so one restorer. A signal's handler may read nothing but plain
/// memory, and call tcsetattr(3) (signal-safety(7)).
@safe
private enum TerminalRestorer {
    private nonisolated(unsafe) static var settings = termios()
    /// The terminal's descriptor; -1 while there is nothing to restore.
    private nonisolated(unsafe) static var number: Int32 = -1

    /// The signals that end a program in the foreground, unless it ignores them.
    private static let signals = [SIGTERM, SIGHUP, SIGINT, SIGQUIT]

    private static let installed: Void = {
        atexit { TerminalRestorer.restore() }
        for signal in signals {
            SignalDefault.replace(
                signal,
                by: { signal in
                    TerminalRestorer.restore()
                    // The signal is blocked until the handler has returned (signal(2)), and then ends the program.
                    _ = Glibc.signal(signal, SIG_DFL)
                    raise(signal)
                })
        }
    }()

    static func begin(_ terminal: Int32, _ former: termios) {
        installed
        unsafe settings = former
        unsafe number = terminal
    }

    static func end() { unsafe number = -1 }

    fileprivate static func restore() {
        guard unsafe number >= 0 else { return }
        // In the background the call would stop the program, and the terminal is the shell's (tcsetattr(3), SIGTTOU).
        let foreground = unsafe tcgetpgrp(number)
        guard foreground == -1 || foreground == getpgrp() else { return }
        unsafe tcsetattr(number, TCSANOW, &settings)
    }
}
