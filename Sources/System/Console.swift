internal import CLinux
internal import Glibc

/// The program's own three streams.
public enum Console {
    /// Writes a line to standard error, whole, so that lines of several threads do not mix.
    ///
    /// - `waiting`: waits for a slow reader; otherwise the line is dropped.
    public static func error(_ line: String, waiting: Bool = false) {
        LogOutput.standardError.write(line, waiting: waiting)
    }

    /// Writes bytes to standard output, and waits for a slow reader; false when the reader is gone.
    @discardableResult
    public static func output(_ bytes: [UInt8]) -> Bool {
        write(bytes, to: STDOUT_FILENO)
    }

    /// The same for text.
    @discardableResult
    public static func output(_ text: String) -> Bool {
        output(Array(text.utf8))
    }

    /// Whether a person types what the program reads (isatty(3)).
    public static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 }

    private static func write(_ bytes: [UInt8], to number: Int32) -> Bool {
        var start = 0
        while start < bytes.count {
            let written = try? call {
                unsafe bytes.span.extracting(start..<bytes.count).withUnsafeBytes {
                    unsafe Glibc.write(number, $0.baseAddress, $0.count)
                }
            }
            guard let written else { return false }
            start += written
        }
        return true
    }
}
