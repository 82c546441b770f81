internal import Glibc

/// The three descriptors with which a program begins.
public enum StandardStreams {
    /// Makes a write to a pipe without a reader an error of that call and not the end of the program (signal(7)).
    public static func ignoreBrokenPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
    }
}
