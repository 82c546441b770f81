internal import CLinux
internal import Glibc

/// The three descriptors with which a program begins.
public enum StandardStreams {
    /// Opens /dev/null in place of those of the three that are closed; false where that fails.
    ///
    /// Otherwise the first socket would become standard error, and a peer would be sent the program's messages.
    public static func openMissing() -> Bool {
        for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) == -1 {
            // open(2) returns the lowest number that is free, and those below are open by now.
            guard unsafe open("/dev/null", O_RDWR) == number else { return false }
        }
        return true
    }

    /// Makes a write to a pipe without a reader an error of that call and not the end of the program (signal(7)).
    public static func ignoreBrokenPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
    }
}
