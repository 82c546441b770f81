package import ArgumentParser
internal import Glibc
internal import System

/// The results of a command that runs in the foreground and has no clients.
package enum Output {
    /// Writes a line to standard output; a failure ends the program, by SIGPIPE where the reader is gone.
    package static func print(_ line: String) {
        write(Array("\(line)\n".utf8))
    }

    /// Writes bytes that need not be text, nor a line.
    package static func write(_ bytes: [UInt8]) {
        do {
            try Console.output(bytes)
        } catch {
            if error.reason == .brokenPipe { Console.endWithReader() }
            Console.fatal("\(Environment.programName): \(error)")
            Glibc.exit(Exit.failed.rawValue)
        }
    }
}

extension ParsableCommand {
    /// Answers words that ask for a text, such as --help; the parser itself would not notice that it cannot be written.
    package static func answer(_ words: [String], changing change: (String) -> String = { $0 }) -> Never {
        do {
            var command = try parseAsRoot(words)
            try command.run()
            exit()
        } catch {
            guard exitCode(for: error) == .success else { exit(withError: error) }
            let text = change(fullMessage(for: error))
            if !text.isEmpty { Output.print(text) }
            exit()
        }
    }
}
