internal import CLinux
internal import Glibc

/// The three descriptors of a program's start.
public enum StandardStreams {
    /// Opens /dev/null in place of closed standard streams; false where that fails.
    ///
    /// Otherwise the first socket would become standard error, and its peer would get the program's messages.
    public static func openMissing() -> Bool {
        for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) == -1 {
            // open(2) returns the lowest free number, and those below are open by now.
            guard unsafe open("/dev/null", O_RDWR) == number else { return false }
        }
        return true
    }

    /// Makes a write to a pipe without a reader an error of that call instead of the end of the program (signal(7)).
    public static func ignoreBrokenPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
    }
}
