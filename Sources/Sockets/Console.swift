internal import Glibc

/// The program's own three streams.
public enum Console {
    /// Writes a line to standard error, whole, so that lines of several threads do not mix.
    public static func error(_ line: String) {
        write(Array("\(line)\n".utf8), to: STDERR_FILENO)
    }

    /// Writes bytes to standard output.
    public static func output(_ bytes: [UInt8]) {
        write(bytes, to: STDOUT_FILENO)
    }

    /// Whether a person types what the program reads (isatty(3)).
    public static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 }

    private static func write(_ bytes: [UInt8], to number: Int32) {
        var start = 0
        while start < bytes.count {
            let written = try? call {
                unsafe bytes.span.extracting(start..<bytes.count).withUnsafeBytes {
                    unsafe Glibc.write(number, $0.baseAddress, $0.count)
                }
            }
            // Nobody reads any more: there is nobody left to tell.
            guard let written else { return }
            start += written
        }
    }
}
