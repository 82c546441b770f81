internal import ArgumentParser
internal import Glibc
internal import System

/// The results of a command that runs in the foreground and serves no one else.
package enum Output {
    /// Writes a line to standard output; where its reader is gone, the program ends, as SIGPIPE would end it.
    package static func print(_ line: String) {
        write(Array("\(line)\n".utf8))
    }

    /// The same for bytes that need not be text, nor a line.
    package static func write(_ bytes: [UInt8]) {
        guard Console.output(bytes) else { Glibc.exit(Exit.failed.rawValue) }
    }
}
