internal import Logging
internal import Sockets

/// The first thing that each program does.
public enum Preparation {
    /// Sees to it that the standard streams neither stop nor end the program.
    ///
    /// Call it once, before a socket is opened and a logger is made.
    public static func prepare() {
        StandardStreams.ignoreBrokenPipes()
        let output = LogOutput.standardError
        let printer = LinePrinter { output.write($0) }
        LoggingSystem.bootstrap { LineLogHandler(label: $0, printer: printer) }
    }
}
