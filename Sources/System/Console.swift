internal import CLinux
internal import Glibc

/// The program's three standard streams.
public enum Console {
    /// Opens /dev/null in place of closed standard streams; false where that fails.
    ///
    /// Otherwise the first socket would become standard error, and its peer would get the program's messages. In place of
    /// standard output it is open for reading only, so that results that nothing takes are an error.
    public static func openMissing() -> Bool {
        for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) == -1 {
            // open(2) returns the lowest free number, and those below are open by now.
            let mode = number == STDOUT_FILENO ? O_RDONLY : O_RDWR
            guard unsafe open("/dev/null", mode) == number else { return false }
        }
        return true
    }

    /// Makes a write to a pipe without a reader an error of that call instead of the end of the program (signal(7)).
    public static func ignoreBrokenPipes() { _ = PipeSignal.wasIgnored }

    /// Writes a whole sentence to standard error, so that lines of several threads do not mix.
    ///
    /// - `level`: the line's place in the levels of `--log-level`.
    /// - `waiting`: waits for a slow reader; otherwise the line is dropped.
    public static func error(_ sentence: String, as level: LogLevel = .error, waiting: Bool = false) {
        guard level >= LogOutput.standardError.style.level else { return }
        write(sentence, as: level, waiting)
    }

    /// Writes the reason why the program ends with a status other than 0: no level of `--log-level` leaves it out.
    ///
    /// - `waiting`: waits for a slow reader; where the program serves until its end, the line is dropped instead.
    public static func fatal(_ sentence: String, as level: LogLevel = .error, waiting: Bool = true) {
        write(sentence, as: level, waiting)
    }

    private static func write(_ sentence: String, as level: LogLevel, _ waiting: Bool) {
        let output = LogOutput.standardError
        output.write(output.style.sentence(level, sentence), waiting: waiting)
    }

    /// Writes bytes to standard output, and waits for a slow reader.
    public static func output(_ bytes: [UInt8]) throws(SystemError) {
        try attempt(.writeOutput) { () throws(ErrorNumber) in try write(bytes, to: STDOUT_FILENO) }
    }

    /// Writes text to standard output and ignores a failure: the caller has no other way to report it.
    public static func output(_ text: String) {
        try? output(Array(text.utf8))
    }

    /// Whether standard output is a terminal (isatty(3)).
    public static var isOutputTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Writes all bytes to a descriptor, and waits where it has no room (write(2), poll(2)).
    ///
    /// Another program that has the same open file description may have made it non-blocking.
    static func write(_ bytes: [UInt8], to number: Int32) throws(ErrorNumber) {
        var start = 0
        while start < bytes.count {
            let count = try callUnlessBlocked {
                unsafe bytes.span.extracting(start..<bytes.count).withUnsafeBytes {
                    unsafe Glibc.write(number, $0.baseAddress, $0.count)
                }
            }
            if count == nil {
                var entry = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
                _ = try call { unsafe poll(&entry, 1, -1) }
            }
            start += count ?? 0
        }
    }
}

/// Standard input, or another descriptor to read bytes from (read(2)).
extension Descriptor {
    /// Standard input, which has no other reader.
    public static var standardInput: Descriptor { Descriptor(owning: STDIN_FILENO) }

    /// Reads what has arrived to the beginning of an array, and returns its length; 0 is the end, nil means that nothing is there
    /// yet.
    public func read(into bytes: inout [UInt8]) throws(SystemError) -> Int? {
        try attempt(.readInput) { () throws(ErrorNumber) in
            try callUnlessBlocked { unsafe Glibc.read(number, &bytes, bytes.count) }
        }
    }

    /// Whether more input waits (poll(2)).
    ///
    /// A terminal hands out one line at a time, however many have been typed, and reports them as one.
    public var hasMore: Bool {
        var entry = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, 0) == 1
    }
}
