internal import CLinux
internal import Glibc

/// The program's three standard streams.
public enum Console {
    /// Writes a whole sentence to standard error, so that lines of several threads do not mix.
    ///
    /// - `level`: the line's place in the levels of `--log-level`.
    /// - `waiting`: waits for a slow reader; otherwise the line is dropped.
    public static func error(_ sentence: String, as level: LogLevel = .error, waiting: Bool = false) {
        let output = LogOutput.standardError
        let style = output.style
        guard level >= style.level else { return }
        output.write(style.sentence(level, sentence), waiting: waiting)
    }

    /// Writes bytes to standard output, and waits for a slow reader.
    public static func output(_ bytes: [UInt8]) throws(SystemError) {
        try attempt(.writeOutput) { () throws(ErrorNumber) in try write(bytes, to: STDOUT_FILENO) }
    }

    /// Writes text to standard output and ignores a failure: the caller has no other way to report it.
    public static func output(_ text: String) {
        try? output(Array(text.utf8))
    }

    /// Whether standard input is a terminal (isatty(3)).
    public static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 }

    /// Whether standard output is a terminal (isatty(3)).
    public static var isOutputTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Writes all bytes to a descriptor (write(2)).
    static func write(_ bytes: [UInt8], to number: Int32) throws(ErrorNumber) {
        var start = 0
        while start < bytes.count {
            start += try call {
                unsafe bytes.span.extracting(start..<bytes.count).withUnsafeBytes {
                    unsafe Glibc.write(number, $0.baseAddress, $0.count)
                }
            }
        }
    }
}
