internal import ArgumentParser
internal import Glibc
internal import Sockets

/// The results of a command that runs in the foreground and serves no one else.
public enum Output {
    /// Writes a line to standard output; where its reader is gone, the program ends, as SIGPIPE would end it.
    public static func print(_ line: String) {
        write(Array("\(line)\n".utf8))
    }

    /// The same for bytes that need not be text, nor a line.
    public static func write(_ bytes: [UInt8]) {
        guard Console.output(bytes) else { Glibc.exit(Exit.failed.rawValue) }
    }
}
